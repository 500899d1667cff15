import type { ConfigValues } from '../kit/config-schema.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { once } from '../kit/once.ts'
import { createObjectConnector } from '../object-transfer/object-connector.ts'
import { connectBucket } from './client.ts'
import { gcsConfig } from './config.ts'
import { gcsStore } from './store.ts'

export function createGcsConnector(
  definition: ObjectStoreConnector['definition'],
  values: ConfigValues,
): ObjectStoreConnector {
  return createObjectConnector(definition, values, {
    scheme: 'gs',
    noun: 'bucket',
    open(name) {
      // Made when it is first used, and then kept for the connections that it holds.
      return gcsStore(
        name,
        once(async () => await connectBucket(gcsConfig(values), name)),
      )
    },
  })
}
