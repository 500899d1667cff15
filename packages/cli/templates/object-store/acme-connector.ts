import { join } from 'node:path'
import {
  type ConfigValues,
  type ConnectorDefinition,
  type ObjectStoreConnector,
  objectTransferConfig,
  openObjectSink,
  openObjectSource,
  requireBucket,
  secretsOf,
  tryConnection,
} from '@millrace/connectors/kit'
import { type Bucket, openBucket } from './bucket.ts'
import { acmeStore } from './store.ts'

/** Tables, formats, partitioned folders and manifests are the kit's; the store itself is yours. */
export function createAcmeConnector(
  definition: ConnectorDefinition & { readonly kind: 'object-store' },
  values: ConfigValues,
): ObjectStoreConnector & { readonly path: string } {
  const opened = new Map<string, Bucket>()
  const bucket = (name?: string) => {
    const wanted = requireBucket(name ?? values.bucket, 'bucket', 'acme://bucket/key')
    // Nothing is opened before it is needed, and once for all that follows.
    return acmeStore(wanted, () => {
      const found = opened.get(wanted) ?? openBucket(join(String(values.folder ?? '.'), `${wanted}.db`))
      opened.set(wanted, found)
      return found
    })
  }
  const path = String(values.path ?? '')
  return {
    definition,
    path,
    label: `acme://${values.bucket ?? ''}/${path}`,
    bucket,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          const store = bucket()
          for await (const _ of store.list('', signal ? { signal } : {})) break
          return { message: `The bucket "${store.bucket}" is there and can be listed.` }
        },
        { secrets: secretsOf(definition.configSchema, values) },
      ),
    openSource: (options) => openObjectSource(bucket(), objectTransferConfig(values), options),
    openSink: async () => openObjectSink(bucket()),
    async [Symbol.asyncDispose]() {
      for (const each of opened.values()) each.close()
      opened.clear()
    },
  }
}
