import { DataError } from '@millrace/core'
import type { Column, LossEntry } from '@millrace/formats'
import type { Load, Sink, Target, WriteMode } from '../kit/sink.ts'
import type { Relation, Source } from '../kit/source.ts'
import type { Proof, ProofSide, VerifyLevel } from './types.ts'

interface Evidence {
  readonly level: VerifyLevel
  readonly source: Source
  readonly relation: Relation
  readonly load: Load
  readonly columns: readonly Column[]
  /** Rows that the source handed out, resumed chunks included. */
  readonly rows: number
  readonly losses: readonly LossEntry[]
  readonly label: string
  readonly signal: AbortSignal
}

/** Compares what the source holds with what is staged, before anything becomes visible. Throws DataError when they differ. */
export async function proveStaged(evidence: Evidence): Promise<Proof> {
  const { level, source, relation, load, columns, rows, losses, label, signal } = evidence
  if (level === 'none') return { level }
  if (level === 'count') {
    const staged = { rows: await load.stagedCount() }
    refuseDifference(label, { rows }, staged)
    return { level, source: { rows }, staged }
  }
  const { hashed, excluded } = hashableColumns(columns, losses)
  // Rows without any column left to compare can still be counted.
  const [there, here]: [ProofSide, ProofSide] =
    hashed.length === 0
      ? [{ rows: await source.count(relation, signal) }, { rows: await load.stagedCount() }]
      : await Promise.all([source.contentHash(relation, hashed, signal), load.stagedHash(hashed)])
  if (there.rows !== rows) {
    refuseDifference(label, there, { rows })
  }
  refuseDifference(label, there, here)
  return {
    level,
    source: there,
    staged: here,
    hashedColumns: hashed.map((column) => column.name),
    excludedColumns: excluded,
  }
}

/** Adds the target's own side after the publish, over the columns that the staged side was hashed in. */
export async function proveTarget(
  proof: Proof,
  sink: Sink,
  target: Target,
  columns: readonly Column[],
  mode: WriteMode,
  signal: AbortSignal,
): Promise<Proof> {
  if (!proof.staged) return proof
  if (mode === 'replace') {
    if (!sink.provesAfterPublish) return { ...proof, target: proof.staged }
    return {
      ...proof,
      target: await proveReplaced(proof.staged, sink, target, columnsNamed(columns, proof.hashedColumns ?? []), signal),
    }
  }
  if (proof.level !== 'content') return proof
  if (proof.staged.hash === undefined) return { ...proof, target: { rows: await sink.count(target, signal) } }
  return { ...proof, target: await sink.contentHash(target, columnsNamed(columns, proof.hashedColumns ?? []), signal) }
}

/** Compares what is visible with what was staged elsewhere. */
async function proveReplaced(
  staged: ProofSide,
  sink: Sink,
  target: Target,
  columns: readonly Column[],
  signal: AbortSignal,
): Promise<ProofSide> {
  const side: ProofSide =
    staged.hash === undefined
      ? { rows: await sink.count(target, signal) }
      : await sink.contentHash(target, columns, signal)
  if (side.rows === staged.rows && side.hash === staged.hash) return side
  throw new DataError('VERIFICATION_FAILED', {
    message: `The ${staged.rows} rows were published, but the destination shows ${side.rows === staged.rows ? 'other content' : `${side.rows} rows`}. Somebody else may be writing there; copy again when they have ended, and compare.`,
    details: { staged, target: side },
  })
}

export function columnsNamed(columns: readonly Column[], names: readonly string[]): Column[] {
  return columns.filter((column) => names.includes(column.name))
}

/** A column with values that were nulled or altered cannot be equal on both sides; the ledger stands for it. */
export function hashableColumns(columns: readonly Column[], losses: readonly LossEntry[]) {
  const lossy = new Map<string, string[]>()
  for (const { column, reason, outcome } of losses) {
    if (outcome === 'kept-as-text') continue
    lossy.set(column, [...(lossy.get(column) ?? []), reason])
  }
  return {
    hashed: columns.filter((column) => !lossy.has(column.name)),
    excluded: [...lossy].map(([column, reasons]) => ({ column, reasons })),
  }
}

function refuseDifference(label: string, source: ProofSide, staged: ProofSide): void {
  if (source.rows !== staged.rows) {
    throw new DataError('VERIFICATION_FAILED', {
      message: `${label}: the source holds ${source.rows} rows and ${staged.rows} arrived. Nothing was published. Run the copy again; if it fails again, the source may have changed while it was read outside a snapshot.`,
      details: { source, staged },
    })
  }
  if (source.hash !== staged.hash) {
    throw new DataError('VERIFICATION_FAILED', {
      message: `${label}: the content of the ${source.rows} staged rows differs from the source. Nothing was published. Compare with --verify count and report the column types shown by "millrace plan", since a type does not survive the way it should.`,
      details: { source, staged },
    })
  }
}
