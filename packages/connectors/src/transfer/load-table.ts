import { isMillraceError } from '@millrace/core'
import { LossLedger, UnrepresentableValueError } from '@millrace/formats'
import type { Interrupted, Load, LoadSpec } from '../kit/sink.ts'
import type { Chunk } from '../kit/source.ts'
import { conclude } from './conclude.ts'
import { runAll } from './lanes.ts'
import { type PlannedTable, planTable, refuseConflicts } from './plan-table.ts'
import { createProgress, type Progress } from './progress.ts'
import { proveStaged, proveTarget } from './proof.ts'
import type { TableItem } from './relations.ts'
import { resumableLoad, stillTrue } from './resume.ts'
import type { LoadedTable, TableContext } from './table-context.ts'
import type { TransferSpec } from './types.ts'

/**
 * Carries one table from its plan to its manifest:
 *
 *     plan → open load (new, or resumed) → extract chunks → prove → publish → manifest → complete
 *
 * Until `publish` the target is untouched. What a crash leaves behind is found by the next run
 * through `sink.interrupted`: before the publish it resumes with the finished chunks that are still
 * true, after it only the closing steps remain. A failure that may be repaired keeps the finished
 * chunks; a failure of the data itself drops the staging.
 */
export async function loadTable(context: TableContext, item: TableItem): Promise<LoadedTable> {
  const asText = new Set<string>()
  for (;;) {
    const planned = await planTable(context.source, context.sink, context.spec, item, asText)
    refuseConflicts(planned)
    warn(context, planned)
    if (planned.interrupted?.status === 'published' && !context.spec.restart)
      return finishPublished(context, planned, planned.interrupted)
    try {
      return await runLoad(context, planned)
    } catch (error) {
      if (!(error instanceof UnrepresentableValueError) || planned.policy !== 'text' || asText.has(error.column))
        throw error
      asText.add(error.column)
      context.tell({
        type: 'warning',
        table: item.label,
        code: 'COLUMN_AS_TEXT',
        message: `Column "${error.column}" holds a value its type cannot represent (${error.reason}); the table is read again with this column as text.`,
      })
    }
  }
}

async function runLoad(context: TableContext, planned: PlannedTable): Promise<LoadedTable> {
  const { source, sink, spec, signal, tell } = context
  const { item } = planned
  const startedAt = new Date()
  const resumable = resumableLoad(context, planned)
  const still = resumable ? await stillTrue(source, planned, resumable) : null
  const journal = resumable?.spec.journal ?? {
    chunks: await source.planChunks(planned.relation, planned.schema, { parallel: spec.parallel ?? 1 }),
    position: source.position,
    startedAt: startedAt.toISOString(),
  }
  const load = await sink.openLoad(loadSpec(planned, journal, spec, signal), resumable)
  await using _ = load
  try {
    const finished = resumable?.finished ?? []
    const stale = finished.filter((chunk) => !still?.has(chunk.id))
    if (stale.length > 0) await load.discardChunks(stale.map((chunk) => chunk.id))
    const kept = finished.filter((chunk) => still?.has(chunk.id))
    const keptRows = kept.reduce((sum, chunk) => sum + chunk.rows, 0)
    const ledger = new LossLedger()
    if (resumable && kept.length > 0) ledger.merge(resumable.ledger)
    tell({
      type: 'table-started',
      table: item.label,
      target: item.targetLabel,
      chunks: journal.chunks.length,
      resumedChunks: kept.length,
      resumedRows: keptRows,
      estimatedRows: planned.relation.range ? null : planned.schema.estimatedRows,
    })
    tell({ type: 'phase', table: item.label, phase: 'extract' })
    const progress = createProgress((rows, bytes, chunksDone) =>
      tell({ type: 'progress', table: item.label, rows, bytes, chunksDone }),
    )
    const open = journal.chunks.filter((chunk) => !still?.has(chunk.id))
    await extract(context, planned, load, open, progress, ledger)
    tell({ type: 'phase', table: item.label, phase: 'verify' })
    const proof = await proveStaged({
      level: spec.verify ?? 'count',
      source,
      relation: planned.relation,
      load,
      columns: planned.columns,
      rows: keptRows + progress.rows,
      losses: ledger.entries(),
      label: item.label,
      signal,
    })
    signal.throwIfAborted()
    tell({ type: 'phase', table: item.label, phase: 'publish' })
    const result = await load.publish()
    const proven = await proveTarget(proof, sink, item.target, planned.columns, planned.mode, signal)
    return await conclude(context, planned, load, {
      startedAt: journal.startedAt,
      durationMs: Date.now() - startedAt.getTime(),
      rows: keptRows + progress.rows,
      bytes: progress.bytes,
      chunks: { total: journal.chunks.length, resumed: kept.length },
      proof: proven,
      losses: ledger.entries(),
      result,
      position: source.position,
    })
  } catch (error) {
    await keepOrDrop(context, planned, load, error)
    throw error
  }
}

function loadSpec(
  planned: PlannedTable,
  journal: LoadSpec['journal'],
  spec: TransferSpec,
  signal: AbortSignal,
): LoadSpec {
  const { incremental } = planned
  return {
    key: planned.key,
    target: planned.item.target,
    mode: planned.mode,
    keys: planned.keys,
    columns: planned.columns,
    sourceDialect: spec.from.connector.definition.name,
    changes: planned.changes,
    format: planned.format,
    options: planned.options,
    journal,
    ...(incremental?.mark ? { state: { key: incremental.stateKey, mark: incremental.mark } } : {}),
    allowEmpty: spec.allowEmpty ?? false,
    signal,
  }
}

async function extract(
  context: TableContext,
  planned: PlannedTable,
  load: Load,
  chunks: readonly Chunk[],
  progress: Progress,
  ledger: LossLedger,
): Promise<void> {
  const { source, spec, lanes } = context
  await runAll(chunks, spec.parallel ?? 1, context.signal, (chunk, signal) =>
    lanes.run(async () => {
      const own = new LossLedger()
      const pieces = source.read({
        relation: planned.relation,
        columns: planned.columns,
        chunk,
        format: planned.format,
        policy: planned.policy,
        ledger: own,
        options: planned.options,
        onRows: progress.read,
        signal,
      })
      await load.writeChunk(chunk, progress.watch(pieces), () => own.entries(), {
        policy: planned.policy,
        ledger: own,
      })
      ledger.merge(own.entries())
      progress.chunkDone()
    }),
  )
}

/** The rows of the interrupted load are visible already: moving them again would be wrong for an append and wasted otherwise. */
async function finishPublished(
  context: TableContext,
  planned: PlannedTable,
  interrupted: Interrupted,
): Promise<LoadedTable> {
  const { source, sink, spec, signal, tell } = context
  const { item } = planned
  const began = Date.now()
  const rows = interrupted.finished.reduce((sum, chunk) => sum + chunk.rows, 0)
  const chunks = interrupted.spec.journal.chunks.length
  tell({
    type: 'table-started',
    table: item.label,
    target: item.targetLabel,
    chunks,
    resumedChunks: chunks,
    resumedRows: rows,
    estimatedRows: rows,
  })
  tell({
    type: 'warning',
    table: item.label,
    code: 'ALREADY_PUBLISHED',
    message: `${item.label}: the interrupted run had published its ${rows} rows before it was cut off. Only its closing steps are done now; run the copy again to move what is new.`,
  })
  const load = await sink.openLoad(loadSpec(planned, interrupted.spec.journal, spec, signal), interrupted)
  await using _ = load
  const level = spec.verify ?? 'count'
  const target =
    level === 'none'
      ? undefined
      : level === 'count'
        ? { rows: await sink.count(item.target, signal) }
        : await sink.contentHash(item.target, planned.columns, signal)
  return await conclude(context, planned, load, {
    startedAt: interrupted.spec.journal.startedAt,
    durationMs: Date.now() - began,
    rows,
    bytes: 0,
    chunks: { total: chunks, resumed: chunks },
    proof: {
      level,
      ...(target ? { target } : {}),
      ...(level === 'content' ? { hashedColumns: planned.columns.map((column) => column.name) } : {}),
    },
    losses: interrupted.ledger,
    result: interrupted.published ?? { inserted: rows, updated: 0, skipped: 0 },
    position: interrupted.spec.journal.position ?? source.position,
  })
}

function warn(context: TableContext, planned: PlannedTable): void {
  const { incremental, item, discarded } = planned
  if (incremental?.after && incremental.nullCursors > 0) {
    context.tell({
      type: 'warning',
      table: item.label,
      code: 'NULL_CURSORS',
      message: `${item.label}: ${incremental.nullCursors} rows have no ${incremental.cursor}, so an incremental copy never reads them again. Copy without --cursor to take them along.`,
    })
  }
  if (incremental?.mark && /^(infinity|NaN)$/.test(incremental.mark.cursor)) {
    context.tell({
      type: 'warning',
      table: item.label,
      code: 'CURSOR_AT_END',
      message: `${item.label}: a row has ${incremental.mark.cursor} as its ${incremental.cursor}, which no later row can exceed, so the next incremental copies would find nothing. Leave such rows out with a query.`,
    })
  }
  if (discarded.length > 0) {
    context.tell({
      type: 'warning',
      table: item.label,
      code: 'COLUMNS_DISCARDED',
      message: `${item.label}: the target does not have ${discarded.join(', ')}; the contract discard leaves them out.`,
    })
  }
}

/** What the same rows would meet again; keeping them would only take room. */
const hopeless = new Set(['VERIFICATION_FAILED', 'DISK_FULL', 'NULL_KEY', 'DUPLICATE_KEY'])

/** Keeps finished chunks for the next run when they may be of use, and leaves nothing behind otherwise. */
async function keepOrDrop(context: TableContext, planned: PlannedTable, load: Load, error: unknown): Promise<void> {
  const code = isMillraceError(error) ? error.code : null
  let resumable = !(error instanceof UnrepresentableValueError || hopeless.has(code ?? ''))
  try {
    const left = await context.sink.interrupted(planned.key, planned.item.target)
    resumable &&= left !== null && (left.status === 'published' || left.finished.length > 0)
    if (!resumable) await load.abandon()
  } catch {
    // The destination cannot be reached: what it keeps is found by the next run. The first error is the one to report.
  }
  if (error instanceof UnrepresentableValueError && planned.policy === 'text') return
  context.tell({
    type: 'table-failed',
    table: planned.item.label,
    target: planned.item.targetLabel,
    resumable,
    error: { code: code ?? 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) },
  })
}
