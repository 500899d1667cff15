import type { ConsumeMessage } from 'amqplib'
import type { StreamMessage } from '../kit/stream.ts'

/**
 * A queue has no positions. A message is named by its own id where the producer gave one, else by a
 * number that holds for this delivery only. Headers include what the broker adds when it has been in
 * other queues (`x-death`) or was handed out before (`x-delivery-count`).
 */
export function queueMessage({ content, fields, properties }: ConsumeMessage, queue: string): StreamMessage {
  const { messageId, timestamp } = properties as { messageId?: string; timestamp?: number }
  const delivery = `delivery-${sessionOf(fields.consumerTag)}-${fields.deliveryTag}`
  return {
    value: content,
    key: fields.routingKey === '' ? null : fields.routingKey,
    headers: textHeaders(properties.headers ?? {}),
    // In seconds, as the producer says.
    time: typeof timestamp === 'number' && timestamp > 0 ? new Date(timestamp * 1000) : null,
    position: `${queue}@${messageId ?? delivery}`,
    redelivered: fields.redelivered,
  }
}

function sessionOf(consumerTag: string): string {
  return consumerTag.replace(/^amq\.ctag-/, '').slice(0, 8)
}

function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}
