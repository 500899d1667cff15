import { brokerLabel } from '../kit/broker-settings.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import { secretsOf } from '../kit/redact.ts'
import type { StreamConnector } from '../kit/stream.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { connectNats } from './connect.ts'
import { openNatsConsumer } from './consumer.ts'

export function createNatsConnector(definition: StreamConnector['definition'], config: ConfigValues): StreamConnector {
  const label = brokerLabel('nats', config)
  const stream = config.stream === undefined ? null : String(config.stream)
  const place = { config, label, secrets: secretsOf(definition.configSchema, config) }
  return {
    definition,
    label,
    stream,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          await using link = await connectNats(place, signal)
          const manager = await link.manager()
          const messages = stream === null ? null : (await link.run(() => manager.streams.info(stream))).state.messages
          const found = messages === null ? '' : ` The stream ${stream} has ${messages} messages.`
          return {
            message: `Connected to ${label}.${found}`,
            serverVersion: `NATS ${link.connection.info?.version ?? ''}`.trim(),
          }
        },
        { secrets: place.secrets, label },
      ),
    openConsumer: (options) => openNatsConsumer(place, options),
    async [Symbol.asyncDispose]() {},
  }
}
