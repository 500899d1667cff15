import type { Msg } from '@nats-io/transport-node'
import type { StreamMessage } from '../kit/stream.ts'

/** The place of a message stands in the subject that acknowledges it: `$JS.ACK.[domain.account.]stream.consumer.deliveries.sequence.…time.pending`. */
export function streamMessage(message: Msg, stream: string): StreamMessage {
  const tokens = (message.reply ?? '').split('.')
  const [deliveries, sequence, , nanoseconds] = tokens.slice(tokens.length > 9 ? 6 : 4)
  const names = message.headers?.keys() ?? []
  return {
    value: message.data,
    key: message.subject,
    headers: Object.fromEntries(names.map((name) => [name, message.headers?.get(name) ?? ''])),
    time: nanoseconds === undefined ? null : new Date(Number(nanoseconds) / 1e6),
    position: `${stream}@${sequence}`,
    redelivered: Number(deliveries) > 1,
  }
}
