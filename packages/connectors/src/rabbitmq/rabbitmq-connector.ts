import { brokerLabel } from '../kit/broker-settings.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import { secretsOf } from '../kit/redact.ts'
import type { StreamConnector } from '../kit/stream.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { connectRabbitmq } from './connect.ts'
import { openRabbitmqConsumer } from './consumer.ts'

export function createRabbitmqConnector(
  definition: StreamConnector['definition'],
  config: ConfigValues,
): StreamConnector {
  const label = brokerLabel('amqp', config, config.vhost === '/' ? undefined : String(config.vhost ?? ''))
  const stream = config.queue === undefined ? null : String(config.queue)
  const place = { config, label, secrets: secretsOf(definition.configSchema, config) }
  return {
    definition,
    label,
    stream,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          await using link = await connectRabbitmq(place, signal)
          const found =
            stream === null ? '' : ` The queue ${stream} has ${await link.countReady(stream)} messages that wait.`
          return { message: `Connected to ${label}.${found}`, serverVersion: link.serverVersion }
        },
        { secrets: place.secrets, label },
      ),
    openConsumer: (options) => openRabbitmqConsumer(place, options),
    async [Symbol.asyncDispose]() {},
  }
}
