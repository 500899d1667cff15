import type { ConnectorDefinition } from '../kit/connector.ts'
import { configSchema, parseUri } from './config.ts'
import { createS3Connector } from './s3-connector.ts'

export const definition: ConnectorDefinition & { readonly kind: 'object-store' } = {
  name: 's3',
  title: 'Amazon S3',
  kind: 'object-store',
  schemes: ['s3'],
  configSchema,
  capabilities: { source: true, sink: true, query: false, scopes: false, modes: ['replace', 'append'] },
  testedAgainst: [
    {
      kind: 'real server',
      name: 'Ceph RGW 16.2',
      note: 'It speaks the S3 protocol with real signatures; Amazon’s own service, roles and encryption keys are not part of the tests.',
    },
  ],
  drivers: ['@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner'],
  parseUri,
  create: (config) => createS3Connector(definition, config),
}
