import type { ConfigValues } from '../kit/config-schema.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { once } from '../kit/once.ts'
import { createObjectConnector } from '../object-transfer/object-connector.ts'
import { connectContainer } from './client.ts'
import { azureConfig } from './config.ts'
import { azureStore } from './store.ts'

export function createAzureConnector(
  definition: ObjectStoreConnector['definition'],
  values: ConfigValues,
): ObjectStoreConnector {
  return createObjectConnector(definition, values, {
    scheme: 'az',
    noun: 'container',
    open(name) {
      // Made when it is first used, and then kept for the connections that it holds.
      return azureStore(
        name,
        once(async () => await connectContainer(azureConfig(values), name)),
      )
    },
  })
}
