import type { CloudDir } from './export.ts'
import type { ObjectStore, ObjectStoreConnector } from './object-store.ts'
import { createConnector } from './registry.ts'

export interface OpenedStore extends AsyncDisposable {
  readonly store: ObjectStore
  /** An export in this store, which closes the store when it goes. */
  with(made: CloudDir): CloudDir
}

/** A bucket of an object store connector; what `config` leaves undefined comes from the store's own variables. */
export async function openStore(
  name: 's3' | 'gcs',
  bucket: string,
  config: Readonly<Record<string, string | number | boolean | undefined>>,
): Promise<OpenedStore> {
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as Record<
    string,
    string | number | boolean
  >
  const connector = (await createConnector(name, given)) as ObjectStoreConnector
  const close = () => connector[Symbol.asyncDispose]()
  return {
    store: connector.bucket(bucket),
    with: (made) => ({
      ...made,
      async [Symbol.asyncDispose]() {
        try {
          await made[Symbol.asyncDispose]()
        } finally {
          await close()
        }
      },
    }),
    [Symbol.asyncDispose]: close,
  }
}
