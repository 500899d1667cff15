import type { ObjectStore, ObjectStoreConnector } from '@millrace/connectors'
import { ConfigError, isMillraceError } from '@millrace/core'
import { createDatasetContract } from './contract.ts'
import { type DatasetPlace, ownBucket } from './place.ts'

/**
 * The place of a dataset by the address that its publish gave (`Published.uri`), for whoever reads what is there without
 * knowing the environment and the branch of the worker that wrote it.
 *
 * @throws ConfigError `DATASET_ADDRESS_INVALID` for an address that is not in the store of the connection
 */
export function publishedPlace(connector: ObjectStoreConnector, address: string): DatasetPlace {
  const isLocal = connector.definition.capabilities.localPaths === true
  const store = ownBucket(connector) ?? bucketOf(connector, address)
  const root = store?.uri('')
  const path = isLocal ? '' : connector.path.replace(/^\/+|\/+$/g, '')
  const prefix = path === '' ? '' : `${path}/`
  const base = root === undefined ? undefined : `${root.replace(/\/$/, '')}/${prefix}`
  if (store === null || base === undefined || !address.startsWith(base)) throw elsewhere(connector, address)
  const [branch = '', client = '', brand = '', state = '', dataset = '', ...more] = address
    .slice(base.length)
    .split('/')
  if (dataset === '' || more.length > 0) throw elsewhere(connector, address)
  // It was published, so its environment allowed the branch; prod refuses none.
  return {
    store,
    prefix,
    contract: createDatasetContract({ environment: 'prod', branch, client, brand, state, dataset }),
  }
}

/** Of a connection that names no bucket, the one that the address names. */
function bucketOf(connector: ObjectStoreConnector, address: string): ObjectStore | null {
  const name = /^[a-z0-9]+:\/\/([^/]+)\//.exec(address)?.[1]
  if (name === undefined) return null
  try {
    return connector.bucket(name)
  } catch (error) {
    if (isMillraceError(error)) return null
    throw error
  }
}

function elsewhere(connector: ObjectStoreConnector, address: string): ConfigError {
  return new ConfigError('DATASET_ADDRESS_INVALID', {
    message: `"${address}" is not where this connection (${connector.definition.title}) leads to. The connection was changed since the dataset was published: run the pipeline again, or give the connection its former place.`,
    details: { address },
  })
}
