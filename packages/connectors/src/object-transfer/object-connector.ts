import type { ConfigValues } from '../kit/config-schema.ts'
import { requireBucket } from '../kit/object-config.ts'
import type { ObjectStore, ObjectStoreConnector } from '../kit/object-store.ts'
import { secretsOf } from '../kit/redact.ts'
import { tryConnection } from '../kit/try-connection.ts'
import { objectTransferConfig } from './config.ts'
import { openObjectSink } from './sink.ts'
import { openObjectSource } from './source.ts'

/** What one object store has of its own. */
export interface ObjectSystem {
  /** Of its addresses, without colon. */
  readonly scheme: string
  /** What it calls a bucket. */
  readonly noun: 'bucket' | 'container'
  /** Connects to nothing before the store is used. */
  open(bucket: string): ObjectStore
  close?(): Promise<void>
}

/** The connector of an object store: one bucket as both ends of a copy, and any bucket as a store. */
export function createObjectConnector(
  definition: ObjectStoreConnector['definition'],
  values: ConfigValues,
  { scheme, noun, open, close }: ObjectSystem,
): ObjectStoreConnector {
  const bucket = (name?: string) => open(requireBucket(name ?? values.bucket, noun, `${scheme}://${noun}/key`))
  const path = String(values.path ?? '')
  return {
    definition,
    path,
    label: `${scheme}://${values.bucket ?? ''}/${path}`,
    bucket,
    testConnection: (signal) =>
      tryConnection(
        async () => {
          const { bucket: name, list } = bucket()
          await list('', signal ? { signal } : {})
            [Symbol.asyncIterator]()
            .next()
          return { message: `The ${noun} "${name}" is there and can be listed.` }
        },
        { secrets: secretsOf(definition.configSchema, values) },
      ),
    openSource: async (options) => await openObjectSource(bucket(), objectTransferConfig(values), options),
    openSink: async (options) => await openObjectSink(bucket(), options),
    async [Symbol.asyncDispose]() {
      await close?.()
    },
  }
}
