import type { ConsumeOptions, StreamConsumer, StreamMessage } from '@millrace/connectors/kit'
import { abortable } from '@millrace/core'
import { type AcmePlace, connectAcme } from './connection.ts'

/** A message as the broker sends it: its number in the stream, Base64, milliseconds. */
interface Sent {
  readonly n: number
  readonly value: string
  readonly time: number
  readonly redelivered: boolean
}

/**
 * Hands out messages at least once: the broker gives what was not committed to others as soon as the
 * connection is gone, however that came.
 */
export async function openAcmeConsumer(place: AcmePlace, options: ConsumeOptions): Promise<StreamConsumer> {
  const { stream, group = 'millrace', from = 'earliest', maxUncommitted = 10_000, signal } = options
  const connection = await connectAcme(place, signal)
  await connection.request('join', { stream, group, from }).catch(async (error) => {
    await connection.close()
    throw error
  })
  /** Came for a pull that was aborted meanwhile. */
  let ready: Sent[] = []
  /** Handed out and not committed. */
  let held: number[] = []
  let asked: Promise<void> | null = null

  const ask = async (max: number, maxBytes: number, waitMs: number) => {
    const { messages } = await connection.request<{ messages: Sent[] }>('pull', { max, maxBytes, waitMs })
    ready.push(...messages)
  }

  return {
    maxUncommitted,
    async pull({ maxMessages, maxBytes, waitMs, signal: stop }) {
      stop?.throwIfAborted()
      await asked?.catch(() => {})
      const room = Math.min(maxMessages, maxUncommitted - held.length)
      if (room <= 0) return []
      if (ready.length === 0) {
        asked = ask(room, maxBytes, waitMs)
        // Tells the broker not to wait any longer; what it may have sent by then is handed out next.
        const cancel = () => void connection.request('cancel').catch(() => {})
        stop?.addEventListener('abort', cancel, { once: true })
        try {
          await abortable(asked, stop)
        } finally {
          stop?.removeEventListener('abort', cancel)
        }
      }
      let bytes = 0
      let count = 0
      while (count < Math.min(room, ready.length) && bytes < maxBytes)
        bytes += Buffer.byteLength(ready[count++]?.value ?? '', 'base64')
      const handed = ready.slice(0, count)
      ready = ready.slice(count)
      held.push(...handed.map(({ n }) => n))
      return handed.map((sent) => toMessage(sent, stream))
    },
    async commit() {
      // Only what was handed out: not what lies here for the next pull.
      const numbers = held
      held = []
      await connection.request('commit', { numbers })
    },
    async lag() {
      return (await connection.request<{ lag: number }>('lag')).lag
    },
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

function toMessage({ n, value, time, redelivered }: Sent, stream: string): StreamMessage {
  const position = `${stream}@${n}`
  return { value: Buffer.from(value, 'base64'), key: null, headers: {}, time: new Date(time), position, redelivered }
}
