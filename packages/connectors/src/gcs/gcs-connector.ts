import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition } from '../kit/connector.ts'
import { requireBucket } from '../kit/object-config.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { secretsOf } from '../kit/redact.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { objectTransferConfig } from '../object-transfer/config.ts'
import { openObjectSink } from '../object-transfer/sink.ts'
import { openObjectSource } from '../object-transfer/source.ts'
import { connectBucket } from './client.ts'
import { configSchema, gcsConfig } from './config.ts'
import { gcsStore } from './store.ts'

export interface GcsConnector extends ObjectStoreConnector {
  /** The key, folder or pattern of the address. */
  readonly path: string
}

export function createGcsConnector(
  definition: ConnectorDefinition & { readonly kind: 'object-store' },
  values: ConfigValues,
): GcsConnector {
  const path = String(values.path ?? '')
  const bucket = (given?: string) => {
    const name = requireBucket(given ?? values.bucket, 'bucket', 'gs://bucket/key')
    // Made when it is first used, and then kept for the connections that it holds.
    let opened: ReturnType<typeof connectBucket> | undefined
    return gcsStore(name, async () => {
      opened ??= connectBucket(gcsConfig(values), name)
      return await opened
    })
  }
  return {
    definition,
    path,
    label: `gs://${values.bucket ?? ''}/${path}`,
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
    async [Symbol.asyncDispose]() {},
  }
}
