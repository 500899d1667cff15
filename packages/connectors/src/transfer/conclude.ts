import type { LossEntry } from '@millrace/formats'
import type { Load, PublishResult } from '../kit/sink.ts'
import { manifestFileName, writeManifest } from './manifest.ts'
import type { PlannedTable } from './plan-table.ts'
import type { LoadedTable, TableContext } from './table-context.ts'
import type { Manifest, Proof } from './types.ts'

export interface Outcome {
  readonly startedAt: string
  readonly durationMs: number
  readonly rows: number
  readonly bytes: number
  readonly chunks: { readonly total: number; readonly resumed: number }
  readonly proof: Proof
  readonly losses: readonly LossEntry[]
  readonly result: PublishResult
  readonly position: Readonly<Record<string, unknown>>
}

/** Writes the manifest, and only then forgets the load: a crash in between finds it published. */
export async function conclude(
  context: TableContext,
  planned: PlannedTable,
  load: Load,
  outcome: Outcome,
): Promise<LoadedTable> {
  const { spec, options, tell } = context
  const { item, incremental, target } = planned
  const relation = item.relation
  const manifest: Manifest = {
    manifestVersion: 1,
    millrace: options.version ?? '0.0.0',
    load: planned.key,
    from: {
      connector: spec.from.connector.definition.name,
      address: spec.from.address,
      ...(relation.kind === 'table' ? { table: item.label } : { query: relation.sql }),
      position: outcome.position,
    },
    to: { connector: spec.to.connector.definition.name, address: spec.to.address, target: item.target },
    mode: planned.mode,
    keys: planned.keys,
    columns: planned.columns.map((column) => ({
      ...column,
      targetType: target.types[column.name] ?? column.type.kind,
    })),
    startedAt: outcome.startedAt,
    finishedAt: new Date().toISOString(),
    durationMs: outcome.durationMs,
    rows: outcome.rows,
    bytes: outcome.bytes,
    chunks: outcome.chunks,
    proof: outcome.proof,
    losses: outcome.losses,
    drift: { changes: planned.changes, discarded: planned.discarded, missing: target.missing },
    ...(incremental
      ? {
          incremental: {
            cursor: incremental.cursor,
            after: incremental.after,
            mark: incremental.mark,
            nullCursors: incremental.nullCursors,
            ...(spec.lookback === undefined ? {} : { lookback: spec.lookback }),
          },
        }
      : {}),
    result: outcome.result,
  }
  const path =
    options.manifestPath ?? manifestFileName(options.stateDirectory, item.targetLabel, outcome.startedAt, planned.key)
  await writeManifest(path, manifest)
  await load.complete()
  tell({
    type: 'table-finished',
    table: item.label,
    target: item.targetLabel,
    rows: outcome.rows,
    bytes: outcome.bytes,
    durationMs: outcome.durationMs,
    manifestPath: path,
    manifest,
  })
  return { path, manifest }
}
