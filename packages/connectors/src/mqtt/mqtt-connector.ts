import { brokerLabel } from '../kit/broker-settings.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import { secretsOf } from '../kit/redact.ts'
import type { StreamConnector } from '../kit/stream.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { connectMqtt } from './connect.ts'
import { openMqttConsumer } from './consumer.ts'

export function createMqttConnector(definition: StreamConnector['definition'], config: ConfigValues): StreamConnector {
  const label = brokerLabel('mqtt', config)
  const place = { config, label, secrets: secretsOf(definition.configSchema, config) }
  return {
    definition,
    label,
    stream: config.topic === undefined ? null : String(config.topic),
    testConnection: (signal) =>
      tryConnection(
        async () => {
          // A session of its own that is gone with the connection: the consumer's keeps its messages.
          await using _ = await connectMqtt(place, { signal })
          return { message: `Connected to ${label}.` }
        },
        { secrets: place.secrets, label },
      ),
    openConsumer: (options) => openMqttConsumer(place, options),
    async [Symbol.asyncDispose]() {},
  }
}
