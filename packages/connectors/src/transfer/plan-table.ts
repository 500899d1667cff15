import { ConfigError } from '@millrace/core'
import type { Column, UnrepresentablePolicy, WireFormat } from '@millrace/formats'
import type { Interrupted, SchemaChange, Sink, TargetPlan, WriteMode } from '../kit/sink.ts'
import type { CursorMark, FormatOptions, Relation, RelationSchema, Source } from '../kit/source.ts'
import { formatTableName } from '../kit/table-name.ts'
import { loadKey, stateKey } from './load-key.ts'
import type { TableItem } from './relations.ts'
import type { TransferSpec } from './types.ts'

/** All that is decided about a table before its first byte moves. */
export interface PlannedTable {
  readonly item: TableItem
  readonly key: string
  readonly mode: WriteMode
  readonly keys: readonly string[]
  /** The relation without the incremental range, and with it. */
  readonly whole: Relation
  readonly relation: Relation
  readonly schema: RelationSchema
  readonly columns: readonly Column[]
  readonly discarded: readonly string[]
  readonly target: TargetPlan
  readonly changes: readonly SchemaChange[]
  readonly conflicts: readonly string[]
  readonly format: WireFormat
  readonly options: FormatOptions
  readonly policy: UnrepresentablePolicy
  readonly interrupted: Interrupted | null
  readonly incremental: {
    readonly stateKey: string
    readonly cursor: string
    readonly after: CursorMark | null
    readonly mark: CursorMark | null
    readonly nullCursors: number
  } | null
}

/** The default mode depends on what else was said: a cursor without keys can only append. */
export function resolveMode(spec: TransferSpec): WriteMode {
  if (spec.mode) return spec.mode
  if (spec.cursor !== undefined) return spec.keys?.length ? 'merge' : 'append'
  return 'replace'
}

/** `asText` names columns that met a value they could not hold under the policy `text`. */
export async function planTable(
  source: Source,
  sink: Sink,
  spec: TransferSpec,
  item: TableItem,
  asText: ReadonlySet<string> = new Set(),
): Promise<PlannedTable> {
  const mode = resolveMode(spec)
  const whole = item.relation
  const schema = await source.describe(whole)
  if (schema.columns.length === 0) {
    throw new ConfigError('NO_COLUMNS', { message: `${item.label} has no columns, so there is nothing to copy.` })
  }
  const keys = resolveKeys(spec, mode, schema, item)
  const identity = identityOf(spec, item, mode, keys)
  const key = loadKey(identity)
  const interrupted = await sink.interrupted(key, item.target)
  const described = adoptTextColumns(schema.columns, asText, interrupted)
  const { columns, discarded, target } = await fitTarget(source, sink, spec, item, described, mode)
  const incremental =
    spec.cursor === undefined ? null : await resolveRange(source, sink, spec, item, schema, stateKey(identity))
  return {
    item,
    key,
    mode,
    keys,
    whole,
    relation: incremental ? rangeOf(whole, spec, mode, cursorKeys(spec, schema), incremental) : whole,
    schema,
    columns,
    discarded,
    target,
    changes: target.changes,
    conflicts: target.conflicts,
    format: await chooseFormat(source, sink, item, columns),
    options: sink.formatOptions(spec.options ?? {}),
    policy: spec.onUnrepresentable ?? 'error',
    interrupted,
    incremental,
  }
}

function identityOf(spec: TransferSpec, item: TableItem, mode: WriteMode, keys: readonly string[]) {
  return {
    from: spec.from.connector,
    relation: item.relation,
    to: spec.to.connector,
    target: item.target,
    mode,
    keys,
    cursor: spec.cursor ?? null,
  }
}

/** Lets a source to which rows are dear know from where on they are wanted, before it is asked for anything. */
export async function narrowRelation(source: Source, sink: Sink, spec: TransferSpec, item: TableItem): Promise<void> {
  if (spec.cursor === undefined) return
  const mode = resolveMode(spec)
  const byKey = mode === 'merge' || mode === 'insert-only'
  await source.narrow?.(item.relation, {
    cursor: spec.cursor,
    lookback: spec.lookback ?? 0,
    since: async (primaryKey) => {
      const keys = spec.keys?.length || !byKey ? (spec.keys ?? []) : primaryKey
      return await sink.readState(stateKey(identityOf(spec, item, mode, keys)), item.target)
    },
  })
}

function resolveKeys(spec: TransferSpec, mode: WriteMode, schema: RelationSchema, item: TableItem): readonly string[] {
  const names = new Set(schema.columns.map((column) => column.name))
  for (const name of [...(spec.keys ?? []), ...(spec.cursor === undefined ? [] : [spec.cursor])]) {
    if (!names.has(name)) {
      throw new ConfigError('COLUMN_NOT_FOUND', {
        message: `${item.label} has no column "${name}". Its columns are ${[...names].join(', ')}.`,
      })
    }
  }
  const byKey = mode === 'merge' || mode === 'insert-only'
  if (spec.cursor !== undefined && mode === 'replace') {
    throw new ConfigError('CURSOR_WITH_REPLACE', {
      message:
        'A cursor reads only new rows, which would replace the old ones. Use --mode merge, append or insert-only with --cursor.',
    })
  }
  if (spec.lookback !== undefined && !byKey) {
    throw new ConfigError('LOOKBACK_NEEDS_KEYS', {
      message: 'A lookback reads rows again, so the mode must be merge or insert-only with --key.',
    })
  }
  if (!byKey) return spec.keys ?? []
  const keys = spec.keys?.length ? spec.keys : schema.primaryKey
  if (keys.length === 0) {
    throw new ConfigError('KEY_REQUIRED', {
      message: `Mode ${mode} needs to know what identifies a row, and ${item.label} has no primary key. Name the columns with --key a,b.`,
    })
  }
  return keys
}

/** Ties of the cursor are told apart by the given keys, else by the primary key. */
function cursorKeys(spec: TransferSpec, schema: RelationSchema): readonly string[] {
  return (spec.keys?.length ? spec.keys : schema.primaryKey).filter((name) => name !== spec.cursor)
}

/** A column that became text in the interrupted load stays text, or its finished chunks would not fit. */
function adoptTextColumns(
  columns: readonly Column[],
  asText: ReadonlySet<string>,
  interrupted: Interrupted | null,
): Column[] {
  const before = new Map(interrupted?.spec.columns.map((column) => [column.name, column]))
  return columns.map((column) => {
    const earlier = before.get(column.name)
    const wasText = earlier?.sourceType === column.sourceType && earlier.type.kind === 'text'
    return asText.has(column.name) || wasText ? { ...column, type: { kind: 'text' } } : column
  })
}

async function fitTarget(
  source: Source,
  sink: Sink,
  spec: TransferSpec,
  item: TableItem,
  described: readonly Column[],
  mode: WriteMode,
) {
  const contract = spec.contract ?? 'evolve'
  const target = await sink.plan(item.target, described, source.dialect, mode)
  if (!target.exists || contract === 'evolve') return { columns: described, discarded: [], target }
  if (contract === 'freeze') {
    const conflicts = target.changes.map(
      (change) => `The contract is freeze, and the target would have to change: ${describeChange(change)}.`,
    )
    return { columns: described, discarded: [], target: { ...target, conflicts: [...target.conflicts, ...conflicts] } }
  }
  const added = new Set(target.changes.flatMap((change) => (change.kind === 'add-column' ? [change.column] : [])))
  const columns = described.filter((column) => !added.has(column.name))
  const fitted = await sink.plan(item.target, columns, source.dialect, mode)
  const conflicts = fitted.changes.map(
    (change) =>
      `The contract is discard, which drops new columns but cannot do without this: ${describeChange(change)}.`,
  )
  return { columns, discarded: [...added], target: { ...fitted, conflicts: [...fitted.conflicts, ...conflicts] } }
}

export function describeChange(change: SchemaChange): string {
  if (change.kind === 'create-table') return 'create the table'
  if (change.kind === 'add-column') return `add column "${change.column}" ${change.type}`
  return `widen column "${change.column}" from ${change.from} to ${change.to}`
}

async function resolveRange(
  source: Source,
  sink: Sink,
  spec: TransferSpec,
  item: TableItem,
  schema: RelationSchema,
  key: string,
) {
  const cursor = spec.cursor as string
  const after = await sink.readState(key, item.target)
  // The watermark is taken under the snapshot that is read, so a row is either below it and read, or read next time.
  const mark = (await source.cursorMark(item.relation, cursor, cursorKeys(spec, schema))) ?? after
  const nullable = schema.columns.some((column) => column.name === cursor && column.nullable)
  const nullCursors = nullable ? await source.countNullCursors(item.relation, cursor) : 0
  return { stateKey: key, cursor, after, mark, nullCursors }
}

function rangeOf(
  relation: Relation,
  spec: TransferSpec,
  mode: WriteMode,
  keys: readonly string[],
  incremental: { cursor: string; after: CursorMark | null },
): Relation {
  if (!incremental.after) return relation
  // With keys at the destination, rows at the watermark itself may come again: late ties are not lost.
  const again = mode === 'merge' || mode === 'insert-only'
  return {
    ...relation,
    range: {
      cursor: incremental.cursor,
      keys: again ? [] : keys,
      after: incremental.after,
      ...(again ? { lookback: spec.lookback ?? 0 } : {}),
    },
  }
}

async function chooseFormat(
  source: Source,
  sink: Sink,
  item: TableItem,
  columns: readonly Column[],
): Promise<WireFormat> {
  const accepted = await sink.accepts(columns, source.dialect, item.target)
  const offered = source.formats(columns)
  const format = accepted.find((wire) => offered.includes(wire))
  if (format) return format
  throw new ConfigError('NO_COMMON_FORMAT', {
    message: `${source.dialect} cannot hand out any form that ${sink.dialect} takes for ${item.label}.`,
    details: { accepted, offered },
  })
}

/** Refuses a plan that cannot be carried out without losing something. */
export function refuseConflicts(planned: PlannedTable): void {
  if (planned.conflicts.length === 0) return
  const where =
    planned.item.target.kind === 'table' ? formatTableName(planned.item.target.table) : planned.item.target.path
  throw new ConfigError('SCHEMA_CONFLICT', {
    message: `${planned.item.label} does not fit ${where}: ${planned.conflicts.join(' ')} Change the table there, copy into another one, or choose another contract for changed columns.`,
    details: { conflicts: planned.conflicts },
  })
}
