import type { Manifest, TransferEvent } from '@millrace/connectors'
import type { LossEntry } from '@millrace/formats'
import { bytes, count, duration, rows, short } from './amounts.ts'

/** A rate over fewer rows says more about the connection than about the data. */
const rateRows = 10_000

type Finished = Extract<TransferEvent, { type: 'table-finished' }>

/** All that a person wants to know about a table that was copied; `resumedRows` were moved by an earlier run. */
export function finishedLine(event: Finished, resumedRows: number): string {
  const { manifest } = event
  const own = event.rows - resumedRows
  const seconds = Math.max(0.001, event.durationMs / 1000)
  const moved =
    event.bytes > 0 && own >= rateRows ? `, ${short(own / seconds)} rows/s, ${bytes(event.bytes / seconds)}/s` : ''
  return [
    `${event.table} → ${event.target}: ${rows(event.rows)} in ${duration(event.durationMs)}${moved}`,
    effect(manifest),
    verified(manifest),
    losses(manifest.losses),
    `manifest ${event.manifestPath}`,
  ]
    .filter((part) => part !== '')
    .join('; ')
}

function effect({ mode, result, drift, incremental }: Manifest): string {
  const parts: string[] = []
  if (mode === 'merge') parts.push(`${count(result.inserted)} inserted, ${count(result.updated)} updated`)
  if (mode === 'insert-only') parts.push(`${count(result.inserted)} inserted, ${count(result.skipped)} skipped`)
  if (mode === 'append' && incremental) parts.push(`${count(result.inserted)} appended`)
  if ((result.files?.length ?? 0) > 1) parts.push(`${count(result.files?.length ?? 0)} files`)
  const changed = drift.changes.filter((change) => change.kind !== 'create-table').length
  if (changed > 0) parts.push(`${changed} column ${changed === 1 ? 'change' : 'changes'} at the destination`)
  return parts.join(', ')
}

function verified({ proof }: Manifest): string {
  if (proof.level === 'none') return 'not verified'
  if (proof.level === 'count') return 'count verified'
  const excluded = proof.excludedColumns?.length ?? 0
  return `content verified${excluded > 0 ? ` without ${proof.excludedColumns?.map(({ column }) => column).join(', ')}` : ''}`
}

function losses(entries: readonly LossEntry[]): string {
  if (entries.length === 0) return ''
  const words = { nulled: 'stored as NULL', 'kept-as-text': 'kept as text', altered: 'altered' } as const
  return `losses: ${entries
    .map((entry) => `${count(entry.count)} ${words[entry.outcome]} in ${entry.column} (${entry.reason})`)
    .join(', ')}`
}

/** The end of a transfer of several tables. */
export function totalLine(finished: readonly Finished[], durationMs: number): string {
  const total = finished.reduce((sum, event) => sum + event.rows, 0)
  const moved = finished.reduce((sum, event) => sum + event.bytes, 0)
  const rate = total >= rateRows ? `, ${bytes(moved / Math.max(0.001, durationMs / 1000))}/s` : ''
  return `${finished.length} tables, ${rows(total)} in ${duration(durationMs)}${rate}`
}
