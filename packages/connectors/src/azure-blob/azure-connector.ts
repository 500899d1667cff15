import type { ConfigValues } from '../kit/config-schema.ts'
import type { ConnectorDefinition } from '../kit/connector.ts'
import { requireBucket } from '../kit/object-config.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { secretsOf } from '../kit/redact.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { objectTransferConfig } from '../object-transfer/config.ts'
import { openObjectSink } from '../object-transfer/sink.ts'
import { openObjectSource } from '../object-transfer/source.ts'
import { connectContainer } from './client.ts'
import { azureConfig, configSchema } from './config.ts'
import { azureStore } from './store.ts'

export interface AzureConnector extends ObjectStoreConnector {
  /** The key, folder or pattern of the address. */
  readonly path: string
}

export function createAzureConnector(
  definition: ConnectorDefinition & { readonly kind: 'object-store' },
  values: ConfigValues,
): AzureConnector {
  const path = String(values.path ?? '')
  const bucket = (given?: string) => {
    const name = requireBucket(given ?? values.bucket, 'container', 'az://container/key')
    // Made when it is first used, and then kept for the connections that it holds.
    let opened: ReturnType<typeof connectContainer> | undefined
    return azureStore(name, async () => {
      opened ??= connectContainer(azureConfig(values), name)
      return await opened
    })
  }
  return {
    definition,
    path,
    label: `az://${values.bucket ?? ''}/${path}`,
    bucket,

    testConnection: (signal) =>
      tryConnection(
        async () => {
          const { bucket: name, list } = bucket()
          await list('', signal ? { signal } : {})
            [Symbol.asyncIterator]()
            .next()
          return { message: `The container "${name}" is there and can be listed.` }
        },
        { secrets: secretsOf(configSchema, values) },
      ),

    openSource: (options) => openObjectSource(bucket(), objectTransferConfig(values), options),
    openSink: async () => openObjectSink(bucket()),
    async [Symbol.asyncDispose]() {},
  }
}
