import { abortable, ConfigError, throwIfAborted } from '@millrace/core'
import type { IPublishPacket } from 'mqtt'
import type { ConsumeOptions, PullOptions, StreamConsumer, StreamMessage } from '../kit/stream.ts'
import { connectMqtt, type MqttLink, type MqttPlace } from './connect.ts'

/**
 * A persistent session of MQTT 5, which is the group: the broker keeps what comes while nobody is
 * connected, and sends again what was not acknowledged. It never sends more than `maxUncommitted`
 * messages before the first of them is acknowledged, so that is what a consumer holds at most.
 */
export async function openMqttConsumer(place: MqttPlace, options: ConsumeOptions): Promise<StreamConsumer> {
  const { stream: topic, group = 'millrace', signal } = options
  const { config, label } = place
  const most = Number(config.receive_maximum ?? 65_535)
  const maxUncommitted = Math.min(options.maxUncommitted ?? 10_000, most)
  const shared = config.shared === true
  if (shared && config.client_id === undefined) {
    throw new ConfigError('CLIENT_ID_REQUIRED', {
      message: `Each consumer of a shared subscription of ${label} needs its own client_id, which stays the same over restarts.`,
    })
  }
  const arrived: IPublishPacket[] = []
  const uncommitted: number[] = []
  let wake = () => {}
  let handed = 0
  const session = {
    clientId: String(config.client_id ?? `millrace-${group}`),
    receiveMaximum: maxUncommitted,
    expirySeconds: Number(config.session_expiry ?? 604_800),
    onMessage(packet: IPublishPacket) {
      arrived.push(packet)
      wake()
    },
  }
  const link = await connectMqtt(place, { session, signal })
  const { lost } = link
  const sessionId = Date.now().toString(36)
  try {
    await subscribe(link, shared ? `$share/${group}/${topic}` : topic, options.from ?? 'earliest', shared)
  } catch (error) {
    await link[Symbol.asyncDispose]()
    throw error
  }

  async function pull({ maxMessages, maxBytes, waitMs, signal: stop }: PullOptions): Promise<StreamMessage[]> {
    throwIfAborted(stop)
    if (!link.client.connected) await lost
    if (arrived.length === 0 && waitMs > 0 && uncommitted.length < maxUncommitted) {
      const some = new Promise<void>((resolve) => {
        wake = resolve
      })
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, waitMs)
      })
      try {
        await abortable(Promise.race([some, late, lost]), stop)
      } finally {
        clearTimeout(timer)
      }
    }
    const messages: StreamMessage[] = []
    for (let bytes = 0; messages.length < maxMessages && bytes < maxBytes; ) {
      const packet = arrived.shift()
      if (packet === undefined) break
      uncommitted.push(packet.messageId as number)
      const message = topicMessage(packet, `${topic}@${sessionId}-${++handed}`)
      messages.push(message)
      bytes += message.value.byteLength
    }
    return messages
  }

  return {
    maxUncommitted,
    pull,
    async commit() {
      if (!link.client.connected) await lost
      await link.acknowledge(uncommitted)
      uncommitted.length = 0
    },
    lag: async () => null,
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}

/** A session that is there already keeps its subscription and sends what it has kept. */
async function subscribe(link: MqttLink, filter: string, from: 'earliest' | 'latest', shared: boolean): Promise<void> {
  // Retained messages are what is known of the past: they come with the first subscription, unless nobody wants it.
  const retained = shared ? {} : { rh: from === 'earliest' ? 1 : 2 }
  const granted = await link.run(() => link.client.subscribeAsync(filter, { qos: 1, ...retained }))
  for (const { qos } of granted) {
    if (qos === 1) continue
    throw new ConfigError('TOPIC_REFUSED', {
      message: `The broker grants the topic ${filter} only without acknowledgements (QoS ${qos}), so messages could be lost. Change what it grants.`,
    })
  }
}

/** MQTT has no positions: the number holds for this session only. */
function topicMessage(packet: IPublishPacket, position: string): StreamMessage {
  const properties = packet.properties?.userProperties ?? {}
  const headers = Object.entries(properties).map(([name, value]) => [name, [value].flat().join(', ')])
  return {
    value: typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload,
    key: packet.topic,
    headers: Object.fromEntries(headers),
    time: null,
    position,
    redelivered: packet.dup,
  }
}
