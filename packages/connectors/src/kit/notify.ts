import type { Connector, ConnectorDefinition } from './connector.ts'

export interface Notification {
  readonly level: 'info' | 'success' | 'warning' | 'error'
  /** One line. */
  readonly title: string
  /** Plain text; line breaks are kept. Every connector escapes what its system would read as markup. */
  readonly text?: string
  /** Shown as a table or list, in this order. */
  readonly fields?: Readonly<Record<string, string>>
  readonly link?: { readonly title: string; readonly url: string }
}

export interface NotifyResult {
  /** The system's own id of the message, where it gives one. */
  readonly id: string | null
}

export interface NotifyOptions {
  /** A channel, addresses or whatever else the system calls it; default the configuration's. */
  readonly to?: string
  readonly signal?: AbortSignal
}

export interface NotifyConnector extends Connector {
  readonly definition: ConnectorDefinition & { readonly kind: 'notify' }
  /** Waits for the connector's rate limit, retries what the system asks to retry, and resolves when it has accepted the message. */
  notify(notification: Notification, options?: NotifyOptions): Promise<NotifyResult>
}
