import type { Connector, ConnectorDefinition } from './connector.ts'

export interface StreamMessage {
  readonly value: Uint8Array
  readonly key: string | null
  readonly headers: Readonly<Record<string, string>>
  /** When the broker took it, where it says. */
  readonly time: Date | null
  /** Where it stands, unique in its stream: `orders/3@1042`. A redelivery has the same where the broker has positions. */
  readonly position: string
  /** True when the broker says that it was handed out before. */
  readonly redelivered: boolean
}

export interface ConsumeOptions {
  /** Topic, queue, stream key or subject. */
  readonly stream: string
  /** Consumers of one group share the messages and the committed position. Default `millrace`. */
  readonly group?: string
  /** Where a group begins that has no committed position. Default `earliest`. */
  readonly from?: 'earliest' | 'latest'
  /** How many messages the caller will hold uncommitted at most: brokers that bound this on their side are told. Default 10,000. */
  readonly maxUncommitted?: number
  /** Folder for positions of systems that keep none for their consumers (Kinesis). */
  readonly stateDirectory?: string
  readonly signal?: AbortSignal
}

export interface PullOptions {
  /** At most so many messages. */
  readonly maxMessages: number
  /** No further message once there are so many bytes of values. */
  readonly maxBytes: number
  /** Resolves with what there is after so long, possibly nothing. */
  readonly waitMs: number
  readonly signal?: AbortSignal
}

/**
 * Hands out messages at least once. What was pulled and not committed comes again: to this group's
 * other consumers, or after a restart. Pulling is the only way to get messages, so a slow destination
 * slows the broker down; a consumer never holds more than one pull's worth beside what it handed out.
 */
export interface StreamConsumer extends AsyncDisposable {
  /** The broker hands out nothing more once so many messages are uncommitted; at most what was asked for. */
  readonly maxUncommitted: number
  /**
   * Resolves as soon as there is at least one message. A lost connection is mended inside, or is a
   * TransientError: then the consumer is to be disposed and a new one opened, to which everything
   * uncommitted comes again.
   */
  pull(options: PullOptions): Promise<readonly StreamMessage[]>
  /**
   * Everything pulled so far is durable at its destination. Resolves when the broker knows. After a
   * TransientError nobody can say whether it knows: the messages may come again.
   */
  commit(): Promise<void>
  /** Messages that this group has not committed; null where the broker cannot tell. */
  lag(): Promise<number | null>
  /** Disposal commits nothing, gives uncommitted messages back at once where the broker can, and leaves the group. */
}

export interface StreamConnector extends Connector {
  readonly definition: ConnectorDefinition & { readonly kind: 'stream' }
  /** The stream of the configuration (a URI's path or parameter), if it names one. */
  readonly stream: string | null
  /** The group of the configuration, for callers who name none. Default `millrace`. */
  readonly group?: string
  /** @throws ConfigError `STREAM_NOT_FOUND` when there is none and the broker does not make it */
  openConsumer(options: ConsumeOptions): Promise<StreamConsumer>
}
