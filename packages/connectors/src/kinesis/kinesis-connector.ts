import type { ConfigValues } from '../kit/config-schema.ts'
import { secretsOf } from '../kit/redact.ts'
import type { StreamConnector } from '../kit/stream.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { connectKinesis } from './client.ts'
import { openKinesisConsumer } from './consumer.ts'

export function createKinesisConnector(
  definition: StreamConnector['definition'],
  config: ConfigValues,
): StreamConnector {
  const stream = config.stream === undefined ? null : String(config.stream)
  const label = `kinesis://${config.region ?? (config.endpoint === undefined ? 'default-region' : 'endpoint')}`
  const place = { config, label, secrets: secretsOf(definition.configSchema, config) }
  return {
    definition,
    label,
    stream,
    testConnection: (abortSignal) =>
      tryConnection(
        async () => {
          using kinesis = await connectKinesis(place)
          const { sdk, client, run } = kinesis
          const options = abortSignal ? { abortSignal } : {}
          if (stream === null) {
            await run(() => client.send(new sdk.ListStreamsCommand({ Limit: 1 }), options))
            return { message: `Connected to ${label}.` }
          }
          const command = new sdk.DescribeStreamSummaryCommand({ StreamName: stream })
          const { StreamDescriptionSummary: summary } = await run(() => client.send(command, options))
          return {
            message: `Connected to ${label}. The stream ${stream} is ${summary?.StreamStatus} and has ${summary?.OpenShardCount} open shards.`,
          }
        },
        { secrets: place.secrets, label },
      ),
    openConsumer: (options) => openKinesisConsumer(place, options),
    async [Symbol.asyncDispose]() {},
  }
}
