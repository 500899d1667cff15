import { TransientError } from '@millrace/core'
import type { StreamConnector, StreamMessage } from '../kit/stream.ts'

/** A broker within the test: one stream, one group. What it did is there to be looked at. */
export interface MemoryBroker {
  readonly connector: StreamConnector
  /** As JSON unless they are bytes. */
  add(...values: readonly (object | Uint8Array)[]): void
  /** Messages that are committed. */
  committed(): number
  /** Handed out at most at one time, uncommitted. */
  readonly highest: number
  /** The next call of this kind fails as if the connection was lost. */
  loseConnectionAt(call: 'open' | 'pull' | 'commit'): void
  readonly opened: number
  readonly closed: number
}

/** `waits`: a pull waits for messages, as those of real brokers do; else it is empty at once. */
export function createMemoryBroker({ waits = false }: { readonly waits?: boolean } = {}): MemoryBroker {
  const messages: StreamMessage[] = []
  const lost = new Set<string>()
  let added = () => {}
  let committed = 0
  const state = { highest: 0, opened: 0, closed: 0 }
  const fail = (call: string) => {
    if (lost.delete(call)) throw new TransientError('CONNECTION_LOST', { message: 'The connection was lost.' })
  }
  const connector: StreamConnector = {
    definition: { kind: 'stream' } as StreamConnector['definition'],
    label: 'memory://broker',
    stream: 'orders',
    testConnection: async () => ({ ok: true, message: '' }),
    async openConsumer({ maxUncommitted = 10_000 }) {
      fail('open')
      state.opened++
      let next = committed
      return {
        maxUncommitted,
        async pull({ maxMessages, maxBytes, waitMs, signal }) {
          signal?.throwIfAborted()
          fail('pull')
          if (next === messages.length && waits) await waitFor(waitMs, signal, (resolve) => (added = resolve))
          const handed: StreamMessage[] = []
          for (let bytes = 0; next < messages.length && handed.length < maxMessages && bytes < maxBytes; next++) {
            const message = messages[next] as StreamMessage
            handed.push(message)
            bytes += message.value.byteLength
          }
          state.highest = Math.max(state.highest, next - committed)
          return handed
        },
        async commit() {
          fail('commit')
          committed = next
        },
        lag: async () => messages.length - committed,
        async [Symbol.asyncDispose]() {
          state.closed++
        },
      }
    },
    async [Symbol.asyncDispose]() {},
  }
  return {
    connector,
    add(...values) {
      for (const value of values) {
        const bytes = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value))
        const position = `orders@${messages.length}`
        messages.push({ value: bytes, key: 'k', headers: { h: '1' }, time: new Date(0), position, redelivered: false })
      }
      added()
    },
    committed: () => committed,
    loseConnectionAt: (call) => void lost.add(call),
    get highest() {
      return state.highest
    },
    get opened() {
      return state.opened
    },
    get closed() {
      return state.closed
    },
  }
}

function waitFor(ms: number, signal: AbortSignal | undefined, begin: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    begin(() => {
      clearTimeout(timer)
      resolve()
    })
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
