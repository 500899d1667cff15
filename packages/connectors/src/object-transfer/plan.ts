import { ConfigError } from '@millrace/core'
import type { Column, LogicalType } from '@millrace/formats'
import { fileTypes, refuseImpossible } from '../files/plan.ts'
import type { TargetPlan, WriteMode } from '../kit/sink.ts'
import { readTableManifest, rowsOf, type TableManifest } from './manifest.ts'
import { isHidden, loadOfPart, type ObjectPlace } from './place.ts'

/** Kinds whose text names a folder well, and comes back as it was. */
const pathKinds = new Set<LogicalType['kind']>([
  'boolean',
  'integer',
  'decimal',
  'text',
  'enum',
  'date',
  'time',
  'timestamp',
  'uuid',
])

/** Compares the rows to come with the objects that are there. */
export async function planObjects(
  place: ObjectPlace,
  columns: readonly Column[],
  mode: WriteMode,
): Promise<TargetPlan> {
  const { target, store, key, folder } = place
  refuseImpossible(target, mode)
  refusePartition(place, columns)
  const plan = { types: typesOf(place, columns), changes: [], missing: [] }
  if (!folder) {
    const exists = (await store.stat(key)) !== null
    const conflicts = exists && mode === 'append' ? [cannotAppend(place)] : []
    return { ...plan, exists, conflicts, estimatedRows: null }
  }
  const manifest = (await readTableManifest(store, key))?.value ?? null
  if (!manifest) return { ...plan, exists: false, conflicts: await foreignConflicts(place), estimatedRows: 0 }
  const conflicts = mode === 'append' ? appendConflicts(place, manifest, columns) : []
  return { ...plan, exists: true, conflicts, estimatedRows: rowsOf(manifest.objects) }
}

function typesOf({ target }: ObjectPlace, columns: readonly Column[]): Record<string, string> {
  const { partitionBy = [] } = target
  return { ...fileTypes(columns, target), ...Object.fromEntries(partitionBy.map((name) => [name, 'path'])) }
}

function refusePartition({ target, folder, label }: ObjectPlace, columns: readonly Column[]): void {
  const { partitionBy = [] } = target
  if (partitionBy.length === 0) return
  if (!folder) {
    throw new ConfigError('FOLDER_REQUIRED', {
      message: `Partitions are folders, so the target must be one: end the path with "/", as in "${label}/".`,
    })
  }
  for (const name of partitionBy) {
    const column = columns.find((one) => one.name === name)
    if (!column) {
      throw new ConfigError('COLUMN_NOT_FOUND', {
        message: `There is no column "${name}" to partition by. The columns are ${columns.map((one) => one.name).join(', ')}.`,
      })
    }
    if (pathKinds.has(column.type.kind)) continue
    throw new ConfigError('PARTITION_TYPE', {
      message: `Column "${name}" is of type ${column.sourceType}, whose values do not name folders. Partition by a whole number, a date or a short text.`,
    })
  }
  if (new Set(partitionBy).size === partitionBy.length && partitionBy.length < columns.length) return
  throw new ConfigError('PARTITION_COLUMNS', {
    message: `--partition-by ${partitionBy.join(',')} names a column twice, or leaves none for the files. Name fewer columns.`,
  })
}

/** Objects without a manifest are another's: reading them along with ours, or hiding them, would both be wrong. */
async function foreignConflicts({ store, key, label }: ObjectPlace): Promise<string[]> {
  for await (const info of store.list(key)) {
    const relative = key === '' ? info.key : info.key.slice(key.length + 1)
    if (isHidden(relative) || loadOfPart(relative) !== null) continue
    return [
      `"${label}" holds objects that Millrace did not write, such as "${relative}". Choose a folder of its own, or move them away.`,
    ]
  }
  return []
}

export function cannotAppend({ label }: ObjectPlace): string {
  return `Rows cannot be appended to the object "${label}". Append to a folder (end the path with "/"): each load then adds an object.`
}

/** Sentences for what keeps rows from being added to a table; also asked when they are about to be. */
export function appendConflicts(
  { target, label }: ObjectPlace,
  manifest: TableManifest,
  columns: readonly Column[],
): string[] {
  const conflicts: string[] = []
  const { format, compression, csv, partitionBy = [] } = target
  if (format !== manifest.format || compression !== manifest.compression || csv?.header !== manifest.csv?.header) {
    conflicts.push(
      `The objects in "${label}" are ${kindOf(manifest)}, and the rows to append would be ${kindOf(target)}. Choose the same --format, --compression and header.`,
    )
  }
  if (partitionBy.join('\0') !== manifest.partitionBy.join('\0')) {
    conflicts.push(
      `"${label}" is ${manifest.partitionBy.length === 0 ? 'not partitioned' : `partitioned by ${manifest.partitionBy.join(',')}`}. Say ${manifest.partitionBy.length === 0 ? 'no --partition-by' : `--partition-by ${manifest.partitionBy.join(',')}`}.`,
    )
  }
  if (!sameColumns(columns, manifest.columns)) {
    conflicts.push(
      `"${label}" has the columns ${describe(manifest.columns)}, and the rows to append have ${describe(columns)}. Bring them into the same form by a query, or replace the table.`,
    )
  }
  return conflicts
}

function kindOf({ format, compression, csv }: Pick<TableManifest, 'format' | 'compression' | 'csv'>): string {
  return `${format}${compression === 'none' ? '' : ` in ${compression}`}${csv && !csv.header ? ' without a header' : ''}`
}

function sameColumns(a: readonly Column[], b: readonly Column[]): boolean {
  const form = (columns: readonly Column[]) => JSON.stringify(columns.map(({ name, type }) => [name, sorted(type)]))
  return form(a) === form(b)
}

function sorted(type: LogicalType): unknown {
  return Object.entries(type)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, name === 'element' ? sorted(value as LogicalType) : value])
}

function describe(columns: readonly Column[]): string {
  return columns.map(({ name, sourceType }) => `${name} ${sourceType}`).join(', ')
}
