import { abortable } from '@millrace/core'
import type { Redis } from 'ioredis'
import type { EventMessage } from './event-message.ts'
import { brokerDriver, type EventTarget } from './event-target.ts'

export interface RedisTargetOptions {
  /** `redis://user:password@host:6379/0`, or `rediss:` for TLS. */
  readonly url: string
  readonly stream: string
}

/** Entries of a stream with the fields `id`, `headers` as JSON, and `payload`. */
export function redisTarget({ url, stream }: RedisTargetOptions): EventTarget {
  let client: Redis | undefined
  const cut = () => {
    client?.disconnect()
    client = undefined
  }
  return {
    name: 'redis',
    async send(messages, signal) {
      try {
        client ??= await connect(url, signal)
        // Together or not at all: with some of them missing in between, those after would come out of order.
        const batch = client.multi()
        for (const message of messages) batch.xadd(stream, '*', ...fieldsOf(message))
        const replies = await abortable(batch.exec(), signal)
        for (const [error] of replies ?? [[new Error('The transaction was discarded.')]]) if (error) throw error
      } catch (error) {
        cut()
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      cut()
    },
  }
}

function fieldsOf({ id, headers, payload }: EventMessage): (string | Buffer)[] {
  return ['id', id, 'headers', JSON.stringify(headers), 'payload', payload]
}

async function connect(url: string, signal: AbortSignal): Promise<Redis> {
  const { Redis: Client } = await brokerDriver('ioredis', () => import('ioredis'))
  const client = new Client(url, {
    connectionName: 'millrace events',
    connectTimeout: 10_000,
    lazyConnect: true,
    protocol: 2,
    // The sender connects anew itself, and looks the address up again then.
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
  })
  let why: Error | undefined
  client.on('error', (error: Error) => {
    why = error
  })
  try {
    await abortable(client.connect(), signal)
    return client
  } catch (error) {
    client.disconnect()
    // The driver says "Connection is closed"; what was wrong it said before.
    throw signal.aborted ? signal.reason : (why ?? error)
  }
}
