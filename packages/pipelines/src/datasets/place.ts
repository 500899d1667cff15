import type { ObjectStore, ObjectStoreConnector } from '@millrace/connectors'
import { isMillraceError } from '@millrace/core'
import type { Contract, DatasetContract } from './contract.ts'
import { checkBucketOf, type Environment, environmentBucket } from './environments.ts'

/** A folder of a store in which an environment has its data. */
export interface EnvironmentStore {
  readonly store: ObjectStore
  /** Empty, or a folder with a slash at its end, below which everything is. */
  readonly prefix: string
}

/** A dataset in a store. */
export interface DatasetPlace extends EnvironmentStore {
  readonly contract: DatasetContract
}

/**
 * Where a connection keeps the data of an environment: its own bucket (or folder), or that of the environment when it
 * names none; below its path.
 *
 * @throws ConfigError `BUCKET_OF_OTHER_ENVIRONMENT`, `BUCKET_NAME_INVALID`
 */
export function environmentStore(
  connector: ObjectStoreConnector,
  { environment, bucketPrefix }: { readonly environment: Environment; readonly bucketPrefix?: string },
): EnvironmentStore {
  const isLocal = connector.definition.capabilities.localPaths === true
  const store = ownBucket(connector) ?? connector.bucket(environmentBucket(environment, bucketPrefix))
  checkBucketOf(store.bucket.split('/').at(-1) ?? '', environment, bucketPrefix)
  const path = isLocal ? '' : connector.path.replace(/^\/+|\/+$/g, '')
  return { store, prefix: path === '' ? '' : `${path}/` }
}

/** The bucket that a connection names; null where it names none. */
export function ownBucket(connector: ObjectStoreConnector): ObjectStore | null {
  try {
    return connector.bucket()
  } catch (error) {
    if (isMillraceError(error) && error.code === 'BUCKET_REQUIRED') return null
    throw error
  }
}

/** The folder of a contract, without slashes at its ends. */
export function folderOf({ prefix }: EnvironmentStore, contract: Contract): string {
  return `${prefix}${contract.key.replace(/\/$/, '')}`
}
