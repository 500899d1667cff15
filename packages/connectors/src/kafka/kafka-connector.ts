import { abortable } from '@millrace/core'
import { brokerLabel } from '../kit/broker-settings.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import { secretsOf } from '../kit/redact.ts'
import type { StreamConnector } from '../kit/stream.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { clientOptions, kafkaDriver, kafkaError } from './client.ts'
import { openKafkaConsumer } from './consumer.ts'

export function createKafkaConnector(definition: StreamConnector['definition'], config: ConfigValues): StreamConnector {
  const label = brokerLabel('kafka', config)
  const topic = config.topic === undefined ? null : String(config.topic)
  const place = { config, label, secrets: secretsOf(definition.configSchema, config) }
  return {
    definition,
    label,
    stream: topic,
    ...(config.group === undefined ? {} : { group: String(config.group) }),
    testConnection: (signal) =>
      tryConnection(
        async () => {
          const { Base } = await kafkaDriver()
          const client = new Base(clientOptions(place))
          try {
            const asked = client.metadata({ topics: topic === null ? [] : [topic] })
            asked.catch(() => {})
            const { topics, brokers } = await abortable(asked, signal)
            const count = topic === null ? undefined : topics.get(topic)?.partitionsCount
            const found = count === undefined ? '' : ` The topic ${topic} has ${count} partitions.`
            return { message: `Connected to ${label}, a cluster of ${brokers.size}.${found}` }
          } catch (error) {
            signal?.throwIfAborted()
            throw kafkaError(place, error)
          } finally {
            await client.close()
          }
        },
        { secrets: place.secrets, label },
      ),
    openConsumer: (options) => openKafkaConsumer(place, options),
    async [Symbol.asyncDispose]() {},
  }
}
