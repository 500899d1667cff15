import { abortable, ConfigError, redact } from '@millrace/core'
import pThrottle from 'p-throttle'
import type { ConfigValues } from './config-schema.ts'
import type { ConnectorDefinition, TestResult } from './connector.ts'
import type { Notification, NotifyConnector, NotifyResult } from './notify.ts'
import { secretsOf } from './redact.ts'
import { tryConnection } from './try-connection.ts'

export type NotifyDefinition = ConnectorDefinition & { readonly kind: 'notify' }

export interface Messenger {
  readonly label: string
  send(notification: Notification, to: string | undefined, signal: AbortSignal | undefined): Promise<NotifyResult>
  test(signal: AbortSignal | undefined): Promise<Omit<TestResult, 'ok'>>
  close?(): Promise<void>
}

/** A connector of a messenger: titles of one line, at most `per_minute` messages in any minute, no secret in an error. */
export function createNotifyConnector(
  definition: NotifyDefinition,
  values: ConfigValues,
  messenger: Messenger,
): NotifyConnector {
  const secrets = secretsOf(definition.configSchema, values)
  const limit = Number(values.per_minute ?? 60)
  const closing = new AbortController()
  const throttle = pThrottle({ limit, interval: 60_000, strict: true, signal: closing.signal })
  const send = throttle(async (notification: Notification, to: string | undefined, signal: AbortSignal | undefined) => {
    // A message that nobody waits for any more is not sent when its turn comes.
    signal?.throwIfAborted()
    return await messenger.send(notification, to, signal)
  })
  return {
    definition,
    label: messenger.label,
    testConnection: (signal) => tryConnection(() => messenger.test(signal), { secrets }),
    async notify(notification, { to, signal } = {}) {
      signal?.throwIfAborted()
      const title = notification.title.replace(/\s*[\r\n]+\s*/g, ' ').trim()
      if (title === '') {
        throw new ConfigError('TITLE_REQUIRED', { message: 'A notification needs a title of at least one character.' })
      }
      try {
        return await abortable(send({ ...notification, title }, to, signal), signal)
      } catch (error) {
        if (error instanceof Error) error.message = redact(error.message, secrets)
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('The connector was closed.'))
      await messenger.close?.()
    },
  }
}

/** The setting that every messenger has. */
export const perMinute = (limit: number, why: string) =>
  ({
    type: 'integer',
    title: 'Messages a minute',
    description: `Further ones wait. ${why}`,
    default: limit,
    minimum: 1,
    maximum: 100_000,
  }) as const

/** At most `length` characters, the last an ellipsis when some were left out. */
export function shorten(text: string, length: number): string {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}

export const levelMarks = { info: 'ℹ️', success: '✅', warning: '⚠️', error: '❌' } as const
