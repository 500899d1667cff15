import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition } from '../kit/connector.ts'
import { requireBucket } from '../kit/object-config.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { secretsOf } from '../kit/redact.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { objectTransferConfig } from '../object-transfer/config.ts'
import { openObjectSink } from '../object-transfer/sink.ts'
import { openObjectSource } from '../object-transfer/source.ts'
import { connectS3, type S3Connection } from './client.ts'
import { configSchema, s3Config } from './config.ts'
import { s3Store } from './store.ts'

export interface S3Connector extends ObjectStoreConnector {
  /** The key, folder or pattern of the address. */
  readonly path: string
}

export function createS3Connector(
  definition: ConnectorDefinition & { readonly kind: 'object-store' },
  values: ConfigValues,
): S3Connector {
  const config = s3Config(values)
  const path = String(values.path ?? '')
  let connection: Promise<S3Connection> | undefined
  const connect = () => {
    connection ??= connectS3(config)
    return connection
  }
  const bucket = (name?: string) =>
    s3Store({ name: requireBucket(name ?? values.bucket, 'bucket', 's3://bucket/key'), connect, pageSize: 1000 })
  return {
    definition,
    path,
    label: `s3://${values.bucket ?? ''}/${path}`,
    bucket,

    testConnection: (signal) =>
      tryConnection(
        async () => {
          const { bucket: name, list } = bucket()
          await list('', signal ? { signal } : {})
            [Symbol.asyncIterator]()
            .next()
          return { message: `The bucket "${name}" is there and can be listed.` }
        },
        { secrets: secretsOf(configSchema, values) },
      ),

    openSource: (options) => openObjectSource(bucket(), objectTransferConfig(values), options),
    openSink: async () => openObjectSink(bucket()),

    async [Symbol.asyncDispose]() {
      const opened = connection
      connection = undefined
      // A driver that could not be loaded leaves nothing to close.
      await opened?.then(({ client }) => client.destroy()).catch(() => {})
    },
  }
}
