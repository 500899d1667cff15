import { join } from 'node:path'
import { type ConfigValues, createObjectConnector, type ObjectStoreConnector } from '@millrace/connectors/kit'
import { type Bucket, openBucket } from './bucket.ts'
import { acmeStore } from './store.ts'

/** Tables, formats, partitioned folders and manifests are the kit's; the store itself is yours. */
export function createAcmeConnector(
  definition: ObjectStoreConnector['definition'],
  values: ConfigValues,
): ObjectStoreConnector {
  const opened = new Map<string, Bucket>()
  return createObjectConnector(definition, values, {
    scheme: 'acme',
    noun: 'bucket',
    // Nothing is opened before it is needed, and once for all that follows.
    open: (name) =>
      acmeStore(name, () => {
        const found = opened.get(name) ?? openBucket(join(String(values.folder ?? '.'), `${name}.db`))
        opened.set(name, found)
        return found
      }),
    async close() {
      for (const each of opened.values()) each.close()
      opened.clear()
    },
  })
}
