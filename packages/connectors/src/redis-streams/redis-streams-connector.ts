import { brokerLabel } from '../kit/broker-settings.ts'
import type { ConfigValues } from '../kit/config-schema.ts'
import { secretsOf } from '../kit/redact.ts'
import type { StreamConnector } from '../kit/stream.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { connectRedis } from './connect.ts'
import { openRedisConsumer } from './consumer.ts'

export function createRedisStreamsConnector(
  definition: StreamConnector['definition'],
  config: ConfigValues,
): StreamConnector {
  const label = `${brokerLabel('redis', config)}/${config.db ?? 0}`
  const stream = config.stream === undefined ? null : String(config.stream)
  const secrets = secretsOf(definition.configSchema, config)
  return {
    definition,
    label,
    stream,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          await using client = await connectRedis(config, { label, secrets, signal })
          const version = /redis_version:(\S+)/.exec(String(await client.call('INFO', 'server')))?.[1]
          const length = stream === null ? null : Number(await client.call('XLEN', stream))
          const found = length === null ? '' : ` The stream ${stream} has ${length} entries.`
          return {
            message: `Connected to ${label}.${found}`,
            ...(version ? { serverVersion: `Redis ${version}` } : {}),
          }
        },
        { secrets, label },
      ),
    openConsumer: (options) => openRedisConsumer({ config, label, secrets }, options),
    async [Symbol.asyncDispose]() {},
  }
}
