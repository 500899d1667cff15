import { type Source, writeObjects } from '@millrace/connectors'
import { FatalError } from '@millrace/core'
import { LossLedger } from '@millrace/formats'
import type { DatasetPlace } from './place.ts'
import type { PublishOptions, PublishPlan } from './plan-publish.ts'
import { type PublishedFile, runFolder } from './run-manifest.ts'
import type { WorkDatabase } from './work-database.ts'

/** Writes the files of a publish under names of their own; `written` has their keys, also those that were begun only. */
export async function writeFiles(
  place: DatasetPlace,
  { connector }: WorkDatabase,
  { rows: staged, manifest, partitions }: PublishPlan,
  { fileBytes = 60_000_000, signal = new AbortController().signal }: PublishOptions,
  written: string[],
): Promise<readonly PublishedFile[]> {
  const folder = runFolder(place, manifest.runId)
  const files: PublishedFile[] = []
  await using source = await connector.openSource()
  for (const { path, values, sql } of partitions) {
    const { columns, pieces } = await parquetPieces(source, sql, signal)
    const inRun = `${path === '' ? '' : `${path}/`}part-${manifest.publishId}-`
    const { objects } = await writeObjects(pieces, {
      ...{ store: place.store, columns, whole: true, signal, begin: (key) => void written.push(key) },
      target: { kind: 'file', path: folder, format: 'parquet', compression: 'none', splitBytes: fileBytes },
      keyOf: (index) => `${folder}/${inRun}${String(index).padStart(5, '0')}.parquet`,
    })
    for (const { key, rows, bytes } of objects) files.push({ name: key.slice(folder.length + 1), values, rows, bytes })
  }
  const arrived = files.reduce((sum, { rows }) => sum + rows, 0)
  if (arrived === staged) return files
  throw new FatalError('DATASET_INCOMPLETE', {
    message: `Of ${staged} rows of the dataset "${place.contract.dataset}" ${arrived} were found in its partitions, and so nothing was published. Partition by a column of another type, such as text.`,
    details: { dataset: place.contract.dataset, staged, arrived },
  })
}

/** The result of a query as row groups, in the order of its rows. */
async function parquetPieces(source: Source, sql: string, signal: AbortSignal) {
  const relation = { kind: 'query', sql } as const
  const schema = await source.describe(relation)
  const chunks = await source.planChunks(relation, schema, { parallel: 1 })
  async function* pieces() {
    for (const chunk of chunks) {
      yield* source.read({
        ...{ relation, columns: schema.columns, chunk, format: 'parquet', policy: 'error', signal },
        ledger: new LossLedger(),
        options: { parquetCompression: 'snappy', infinityAsExtremes: true },
      })
    }
  }
  return { columns: schema.columns, pieces: pieces() }
}
