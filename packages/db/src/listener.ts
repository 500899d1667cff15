import { retry } from '@millrace/core'
import pg from 'pg'
import type { ClientConfig } from './client-config.ts'
import { databaseError } from './database-error.ts'
import type { ListenOptions, Subscription } from './queryable.ts'
import { ClientSession } from './session.ts'
import { sql } from './sql.ts'
import { StatementNames } from './statement-names.ts'

interface Connection {
  readonly session: ClientSession
  /** Without any further word about it. */
  end(): Promise<void>
}

interface Subscriber {
  readonly channel: string
  readonly onNotify: (payload: string) => void
  readonly onReconnect: (() => void) | undefined
}

/** A connection that died without a word, behind a gateway for instance, is found by asking. */
const checkEveryMs = 30_000
const answerTimeoutMs = 10_000

/**
 * The connection that all channels share. It is made with the first channel, closed with the last, and made
 * again for as long as there is one when it is lost.
 */
export class Listener {
  readonly #config: ClientConfig
  readonly #onLost: (error: Error) => void
  readonly #subscribers = new Set<Subscriber>()
  readonly #closed = new AbortController()
  /** The connection, or the one that is being made. */
  #connection: Promise<Connection> | undefined

  constructor(config: ClientConfig, onLost: (error: Error) => void) {
    this.#config = config
    this.#onLost = onLost
  }

  async listen(
    channel: string,
    onNotify: (payload: string) => void,
    { onReconnect }: ListenOptions,
  ): Promise<Subscription> {
    const subscriber: Subscriber = { channel, onNotify, onReconnect }
    this.#subscribers.add(subscriber)
    try {
      this.#connection ??= this.#connect()
      const { session } = await this.#connection
      await session.script(`listen ${sql.identifier(channel).text}`)
    } catch (error) {
      await this.#remove(subscriber)
      throw databaseError(error)
    }
    const close = () => this.#remove(subscriber)
    return { close, [Symbol.asyncDispose]: close }
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#subscribers.clear()
    await this.#disconnect()
  }

  async #remove(subscriber: Subscriber): Promise<void> {
    if (!this.#subscribers.delete(subscriber)) return
    if (this.#subscribers.size === 0) return await this.#disconnect()
    if ([...this.#subscribers].some(({ channel }) => channel === subscriber.channel)) return
    const connection = await this.#connection?.catch(() => undefined)
    // When the connection is lost meanwhile, the next one does not listen to this channel.
    await connection?.session.script(`unlisten ${sql.identifier(subscriber.channel).text}`).catch(() => {})
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await (await connection?.catch(() => undefined))?.end()
  }

  /** A connection that listens to the channels of all subscribers. */
  async #connect(): Promise<Connection> {
    const client = new pg.Client({
      ...this.#config,
      connectionTimeoutMillis: answerTimeoutMs,
      query_timeout: answerTimeoutMs,
    })
    let lose = (_error: Error) => {}
    client.on('error', (error) => lose(error))
    client.on('end', () => lose(new Error('Connection terminated')))
    client.on('notification', ({ channel, payload = '' }) => {
      for (const subscriber of this.#subscribers) if (subscriber.channel === channel) subscriber.onNotify(payload)
    })
    const session = new ClientSession(client, new StatementNames(false))
    try {
      await client.connect()
      const channels = new Set([...this.#subscribers].map(({ channel }) => channel))
      for (const channel of channels) await session.script(`listen ${sql.identifier(channel).text}`)
      this.#closed.signal.throwIfAborted()
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    const check = setInterval(() => void session.script('select 1').catch((error) => lose(error)), checkEveryMs)
    const end = async () => {
      clearInterval(check)
      lose = () => {}
      await client.end().catch(() => {})
    }
    lose = (error) => {
      void end()
      this.#onLost(error)
      this.#reconnect()
    }
    return { session, end }
  }

  #reconnect(): void {
    const connection = retry(async () => await this.#connect(), {
      retries: Infinity,
      minDelayMs: 100,
      maxDelayMs: 5000,
      signal: this.#closed.signal,
      shouldRetry: () => true,
    })
    this.#connection = connection
    connection.then(
      () => {
        for (const { onReconnect } of this.#subscribers) onReconnect?.()
      },
      () => {},
    )
  }
}
