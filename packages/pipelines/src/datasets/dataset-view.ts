import { quoteName, quoteText } from '@millrace/connectors'
import { ConfigError, closestName } from '@millrace/core'
import type { Column } from '@millrace/formats'
import { partitionLiteral, runIdType } from './partition-values.ts'
import type { DatasetPlace } from './place.ts'
import { type PublishedFile, type RunManifest, runIdColumn } from './run-manifest.ts'
import type { WantedRun } from './wanted-runs.ts'
import type { WorkDatabase } from './work-database.ts'

/** A file of a run, on this machine. */
export interface LocalFile extends PublishedFile {
  readonly path: string
  readonly manifest: RunManifest
}

/** Puts files together as a view, with the values that stand in their paths. Returns its columns; none without a run. */
export async function createView(
  place: DatasetPlace,
  { run }: WorkDatabase,
  view: string,
  runs: readonly WantedRun[],
  files: readonly LocalFile[],
  wanted: readonly string[] | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const newest = runs.toSorted((a, b) => (a.manifest.publishedAt < b.manifest.publishedAt ? 1 : -1))
  const known = new Map<string, Column>()
  for (const { manifest } of newest)
    for (const column of manifest.columns) if (!known.has(column.name)) known.set(column.name, column)
  if (known.size === 0) return []
  const runIdSql = runIdType(runs.map(({ manifest }) => manifest.runId)) === 'integer' ? 'BIGINT' : 'VARCHAR'
  const runId: Column = { name: runIdColumn, type: { kind: 'text' }, nullable: false, sourceType: runIdSql }
  const columns = checkedColumns(place, [...known.keys(), runIdColumn], wanted)
  const names = columns.map(quoteName).join(', ')
  // Runs can differ in what they are partitioned by, and in its types.
  const groups = [...Map.groupBy(files, ({ manifest }) => JSON.stringify(partsOf(manifest))).values()]
  const selects: string[] = []
  for (const [index, group] of groups.entries()) {
    const parts = `${view} partitions ${index}`
    const partColumns = [...(group[0] === undefined ? [] : partsOf(group[0].manifest)), runId]
    const rows = group.map(({ path, values, manifest }) => {
      const cells = [...values, manifest.runId].map((value, at) => partitionLiteral(partColumns[at] as Column, value))
      return `(${[quoteText(path), ...cells].join(', ')})`
    })
    const partNames = ['__millrace_path', ...partColumns.map(({ name }) => name)].map(quoteName).join(', ')
    await run(
      `create or replace table ${quoteName(parts)} as select * from (values ${rows.join(', ')}) as p (${partNames})`,
      signal,
    )
    const paths = group.map(({ path }) => quoteText(path)).join(', ')
    selects.push(
      `select f.* exclude (__millrace_file), p.* exclude (__millrace_path)
       from read_parquet([${paths}], union_by_name = true, hive_partitioning = false, filename = '__millrace_file') as f
       join ${quoteName(parts)} as p on f.__millrace_file = p.__millrace_path`,
    )
  }
  const all = [...selects, emptyRows([...known.values(), runId])].join('\nunion all by name\n')
  await run(`create or replace view ${quoteName(view)} as select ${names} from (${all})`, signal)
  return columns
}

/** Columns that a run is partitioned by, besides its id. */
function partsOf({ partitionBy, columns }: RunManifest): readonly Column[] {
  return partitionBy.map((name) => columns.find((column) => column.name === name) as Column)
}

/** No rows, but every column: also where no file is wanted. */
function emptyRows(columns: readonly Column[]): string {
  const cells = columns.map((column) => `${partitionLiteral(column, null)} as ${quoteName(column.name)}`)
  return `select ${cells.join(', ')} where false`
}

function checkedColumns(
  { contract }: DatasetPlace,
  known: readonly string[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  for (const name of wanted ?? []) {
    if (known.includes(name)) continue
    const nearest = closestName(name, known)
    throw new ConfigError('COLUMN_UNKNOWN', {
      message: `The dataset "${contract.dataset}" has no column "${name}".${nearest ? ` Did you mean "${nearest}"?` : ''} It has ${known.join(', ')}.`,
      details: { dataset: contract.dataset, column: name },
    })
  }
  return wanted ?? known
}
