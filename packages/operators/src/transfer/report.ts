import type { TransferEvent } from '@millrace/connectors'
import type { TaskContext } from '@millrace/workflow'

/** Between lines of the log that say how far a table is. */
const logEveryMs = 10_000

/** Turns what a transfer tells into the task's log and progress. */
export function transferReport({
  log,
  heartbeat,
}: Pick<TaskContext, 'log' | 'heartbeat'>): (event: TransferEvent) => void {
  const done = new Map<string, number>()
  const bytes = new Map<string, number>()
  const resumed = new Map<string, number>()
  const loggedAt = new Map<string, number>()
  let total: number | null = 0
  const tell = () => {
    const rows = sumOf(done)
    const ofTotal = total === null ? {} : { total: Math.max(total, rows) }
    heartbeat({ done: rows, unit: 'rows', ...ofTotal, bytes: sumOf(bytes) })
  }
  const logProgress = (table: string, chunksDone: number) => {
    const now = performance.now()
    if (now - (loggedAt.get(table) ?? now) < logEveryMs) return
    loggedAt.set(table, now)
    const [rows, moved] = [done.get(table) ?? 0, bytes.get(table) ?? 0]
    log.info(`${table}: ${rows} rows so far.`, { table, rows, bytes: moved, chunks_done: chunksDone })
  }
  return (event) => {
    switch (event.type) {
      case 'planned':
        total = event.tables.reduce<number | null>(
          (sum, { estimatedRows }) => (sum === null || estimatedRows === null ? null : sum + estimatedRows),
          0,
        )
        break
      case 'table-started': {
        resumed.set(event.table, event.resumedRows)
        loggedAt.set(event.table, performance.now())
        const kept = event.resumedChunks > 0 ? `, ${event.resumedRows} rows of it from an interrupted load` : ''
        log.info(
          `${event.table} goes to ${event.target} in ${event.chunks === 1 ? 'one chunk' : `${event.chunks} chunks`}${kept}.`,
        )
        break
      }
      case 'progress':
        done.set(event.table, (resumed.get(event.table) ?? 0) + event.rows)
        bytes.set(event.table, event.bytes)
        tell()
        logProgress(event.table, event.chunksDone)
        break
      case 'phase':
        log.debug(`${event.table}: ${event.phase}.`, { table: event.table, phase: event.phase })
        heartbeat()
        break
      case 'warning':
        log.warn(event.message, { code: event.code })
        break
      case 'retry':
        log.warn(`Tried again in ${event.delayMs} ms: ${event.error.message}`, { code: event.error.code })
        break
      case 'table-finished':
        done.set(event.table, event.rows)
        bytes.set(event.table, event.bytes)
        tell()
        log.info(`${event.table}: ${event.rows} rows in ${event.durationMs} ms, published in ${event.target}.`, {
          table: event.table,
          manifest: event.manifestPath,
          rows: event.rows,
          bytes: event.bytes,
          proof: event.manifest.proof.level,
        })
        break
      case 'table-failed':
        log.error(
          `${event.table}: ${event.error.message}${event.resumable ? ' The finished chunks are kept for the next try.' : ''}`,
          { table: event.table, code: event.error.code },
        )
        break
    }
  }
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}
