import {
  brokerLabel,
  type ConfigValues,
  type StreamConnector,
  secretsOf,
  tryConnection,
} from '@millrace/connectors/kit'
import { connectAcme } from './connection.ts'
import { openAcmeConsumer } from './consumer.ts'

/** Batching, dead letters, commits after the append and graceful stops are Millrace's; handing out messages is yours. */
export function createAcmeConnector(definition: StreamConnector['definition'], config: ConfigValues): StreamConnector {
  const label = brokerLabel('acme', config)
  const place = { config, label, secrets: secretsOf(definition.configSchema, config) }
  return {
    definition,
    label,
    stream: config.stream === undefined ? null : String(config.stream),
    testConnection: (signal) =>
      tryConnection(async () => {
        const connection = await connectAcme(place, signal)
        await connection.close()
        return { message: `Connected to ${label}.` }
      }, place),
    openConsumer: (options) => openAcmeConsumer(place, options),
    async [Symbol.asyncDispose]() {},
  }
}
