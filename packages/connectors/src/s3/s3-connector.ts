import type { ConfigValues } from '../kit/config-schema.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { createObjectConnector } from '../object-transfer/object-connector.ts'
import { connectS3, type S3Connection } from './client.ts'
import { s3Config } from './config.ts'
import { s3Store } from './store.ts'

export function createS3Connector(
  definition: ObjectStoreConnector['definition'],
  values: ConfigValues,
): ObjectStoreConnector {
  const config = s3Config(values)
  let connection: Promise<S3Connection> | undefined
  const connect = () => {
    connection ??= connectS3(config)
    return connection
  }
  return createObjectConnector(definition, values, {
    scheme: 's3',
    noun: 'bucket',
    open: (name) => s3Store({ name, connect, pageSize: 1000 }),
    async close() {
      const opened = connection
      connection = undefined
      // A driver that could not be loaded leaves nothing to close.
      await opened?.then(({ client }) => client.destroy()).catch(() => {})
    },
  })
}
