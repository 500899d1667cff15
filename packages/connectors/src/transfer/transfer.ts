import { ConfigError, inSpan, isMillraceError, retry } from '@millrace/core'
import type { Sink } from '../kit/sink.ts'
import type { Source } from '../kit/source.ts'
import { forecastLosses } from './forecast.ts'
import { createLanes, runAll } from './lanes.ts'
import { loadTable } from './load-table.ts'
import { prepareManifests } from './manifest.ts'
import { narrowRelation, planTable, resolveMode } from './plan-table.ts'
import { resolveTables, type TableItem } from './relations.ts'
import type { LoadedTable } from './table-context.ts'
import type {
  PlanOptions,
  TablePlan,
  TransferEvent,
  TransferOptions,
  TransferPlan,
  TransferResult,
  TransferSpec,
} from './types.ts'

/**
 * Moves tables from one connector to another, with proof.
 *
 * All tables are read under one snapshot. A transient failure (a lost connection, a restarting
 * server) opens both ends anew and resumes from the finished chunks, `retries` times.
 *
 * @throws ConfigError, DataError, TransientError, FatalError; the target is then as it was, but for
 *   tables whose `table-finished` event came before.
 */
export async function transfer(spec: TransferSpec, options: TransferOptions): Promise<TransferResult> {
  const [from, to] = [spec.from.connector.definition.name, spec.to.connector.definition.name]
  return await inSpan(`transfer ${from} to ${to}`, {}, async (span) => {
    const result = await transferTables(spec, options)
    const sum = (part: 'rows' | 'bytes') => result.manifests.reduce((total, { manifest }) => total + manifest[part], 0)
    span.setAttributes({ 'millrace.rows': sum('rows'), 'millrace.bytes': sum('bytes') })
    return result
  })
}

async function transferTables(spec: TransferSpec, options: TransferOptions): Promise<TransferResult> {
  const done = new Map<string, LoadedTable>()
  const tell = options.onEvent ?? (() => {})
  const attempt = () => attemptTransfer(spec, options, done, tell)
  await retry(attempt, {
    retries: spec.retries ?? 2,
    signal: options.signal,
    onRetry: ({ attempt: number, delayMs, error }) =>
      tell({
        type: 'retry',
        attempt: number,
        delayMs: Math.round(delayMs),
        error: { code: codeOf(error), message: error.message },
      }),
  })
  return { manifests: [...done.values()] }
}

function codeOf(error: Error): string {
  return isMillraceError(error) ? error.code : 'UNEXPECTED'
}

async function attemptTransfer(
  spec: TransferSpec,
  options: TransferOptions,
  done: Map<string, LoadedTable>,
  tell: (event: TransferEvent) => void,
): Promise<void> {
  await withEnds(spec, { signal: options.signal }, async (source, sink, items) => {
    if (items.length > 1 && options.manifestPath !== undefined) {
      throw new ConfigError('ONE_MANIFEST_FOR_MANY', {
        message:
          'One manifest path cannot serve several tables. Leave --manifest out; each load then gets its own file.',
      })
    }
    await prepareManifests(options.stateDirectory, options.manifestPath)
    for (const item of items) await narrowRelation(source, sink, spec, item)
    const { filled, bare } = await tellBare(source, items)
    for (const { label } of bare) {
      const message = `${label} has no columns, so it is left out.`
      tell({ type: 'warning', table: label, code: 'NO_COLUMNS', message })
    }
    const open = filled.filter((item) => !done.has(item.label))
    const planned = open.map(async ({ label, relation, targetLabel }) => {
      const { estimatedRows, estimatedBytes } = await source.describe(relation)
      return { table: label, target: targetLabel, estimatedRows, estimatedBytes }
    })
    tell({ type: 'planned', tables: await Promise.all(planned) })
    const parallel = spec.parallel ?? 1
    const lanes = createLanes(parallel)
    await runAll(open, sink.concurrentLoads ? parallel : 1, options.signal, async (item, signal) => {
      done.set(item.label, await loadTable({ source, sink, spec, options, signal, lanes, tell }, item))
    })
  })
}

/** What `transfer` would do, table by table; reads catalogues only and changes nothing. */
export async function planTransfer(spec: TransferSpec, options: PlanOptions = {}): Promise<TransferPlan> {
  const { signal, mostTables = Number.POSITIVE_INFINITY, onTableProblem, onEnd } = options
  const ends = { signal, planOnly: true, onEnd }
  return withEnds(spec, ends, async (source, sink, all) => {
    const items = all.slice(0, mostTables)
    const tables: TablePlan[] = []
    for (const item of items) await narrowRelation(source, sink, spec, item)
    onEnd?.('from')
    for (const item of (await tellBare(source, items)).filled) {
      signal?.throwIfAborted()
      try {
        onEnd?.('from')
        await source.describe(item.relation)
        onEnd?.('to')
        tables.push(await describePlan(source, sink, spec, item))
      } catch (error) {
        const isOfTable = isMillraceError(error) && (error.recovery === 'config' || error.recovery === 'data')
        if (!isOfTable || onTableProblem === undefined) throw error
        onTableProblem(item.label, error)
      }
    }
    return { tables, moreTables: all.length - items.length }
  })
}

async function describePlan(source: Source, sink: Sink, spec: TransferSpec, item: TableItem): Promise<TablePlan> {
  const planned = await planTable(source, sink, spec, item)
  const { schema, target, interrupted } = planned
  const chunks = await source.planChunks(planned.relation, schema, { parallel: spec.parallel ?? 1 })
  return {
    table: item.label,
    target: item.targetLabel,
    targetExists: target.exists,
    mode: planned.mode,
    keys: planned.keys,
    columns: planned.columns.map(({ name, sourceType, type, nullable }) => ({
      name,
      sourceType,
      type,
      targetType: target.types[name] ?? type.kind,
      nullable,
    })),
    changes: planned.changes,
    conflicts: planned.conflicts,
    discarded: planned.discarded,
    missing: target.missing,
    forecast: forecastLosses(
      planned.columns,
      source.dialect,
      { dialect: sink.dialect, format: planned.format, infinity: planned.options.infinityAsExtremes ?? false },
      planned.policy,
    ),
    wireFormat: planned.format,
    chunks: chunks.length,
    estimatedRows: schema.estimatedRows,
    estimatedBytes: schema.estimatedBytes,
    targetRows: target.estimatedRows,
    after: planned.incremental?.after ?? null,
    interrupted: interrupted ? { status: interrupted.status, finishedChunks: interrupted.finished.length } : null,
  }
}

/** Tells tables without columns from the others, so that one of them does not stop a whole schema. Alone it is an error. */
async function tellBare(source: Source, items: readonly TableItem[]) {
  if (items.length === 1) return { filled: items, bare: [] }
  const schemas = await Promise.all(items.map((item) => source.describe(item.relation)))
  const isBare = (_: TableItem, index: number) => schemas[index]?.columns.length === 0
  return { filled: items.filter((item, index) => !isBare(item, index)), bare: items.filter(isBare) }
}

interface EndsOptions {
  readonly signal?: AbortSignal | undefined
  readonly planOnly?: boolean
  readonly onEnd?: PlanOptions['onEnd']
}

/**
 * Opens the source, finds the tables, and only then opens the sink, which may create a file: a
 * misspelt table leaves nothing behind. Both are closed, whatever happens in between.
 */
async function withEnds<T>(
  spec: TransferSpec,
  { signal, planOnly = false, onEnd }: EndsOptions,
  work: (source: Source, sink: Sink, items: TableItem[]) => Promise<T>,
): Promise<T> {
  const open = { parallel: spec.parallel ?? 1, ...(signal ? { signal } : {}) }
  onEnd?.('from')
  await using source = await spec.from.connector.openSource(open)
  const items = await resolveTables(source, spec, resolveMode(spec))
  onEnd?.('to')
  await using sink = await spec.to.connector.openSink({ ...open, planOnly })
  return await work(source, sink, items)
}
