import { randomUUID } from 'node:crypto'
import type { CloudDir } from '../kit/export.ts'
import type { ObjectStore } from '../kit/object-store.ts'
import type { Client } from './client.ts'
import { fieldsOfSelect, selectFrom } from './one-select.ts'

/** EXPORT DATA into a folder of its own, as CSV without a header, which goes with the export. */
export async function exportData(
  client: Client,
  store: ObjectStore,
  query: string,
  { rowLimit, signal }: { readonly rowLimit?: number; readonly signal?: AbortSignal },
): Promise<CloudDir> {
  await fieldsOfSelect(client, query, signal)
  const folder = [client.config.folder, randomUUID()].filter(Boolean).join('/')
  const remove = () => store.rmtree(folder)
  try {
    const uri = `gs://${store.bucket}/${folder}/*.csv`.replace(/[\\']/g, '\\$&')
    const limit = rowLimit === undefined ? '' : ` LIMIT ${Math.trunc(rowLimit)}`
    const job = await client.run(
      `EXPORT DATA OPTIONS(uri='${uri}', format='CSV', overwrite=true, header=false, field_delimiter=',') AS ${selectFrom(query)}${limit}`,
      signal,
    )
    // A query without rows leaves an empty file.
    for await (const { key, size } of store.list(folder)) if (size === 0) await store.rm(key)
    return { kind: 'cloud-dir', store, prefix: folder, rows: job.exportedRows, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove().catch(() => {})
    throw error
  }
}
