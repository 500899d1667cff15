import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createKinesisConnector } from './kinesis-connector.ts'

export const definition: ConnectorDefinition & { readonly kind: 'stream' } = {
  name: 'kinesis',
  title: 'Amazon Kinesis',
  kind: 'stream',
  schemes: ['kinesis'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  testedAgainst: [
    {
      kind: 'emulator',
      name: 'kinesis-local 0.6',
      note: 'A third party’s emulator, which checks no credentials and keeps nothing over a restart. One process reads a stream for a group, and keeps its place in a file. Kinesis tells how late a reader is only as time, so no number of messages is told. Aggregated records are not taken apart.',
    },
  ],
  drivers: ['@aws-sdk/client-kinesis', '@smithy/node-http-handler'],
  parseUri,
  create: (config) => createKinesisConnector(definition, config),
}
