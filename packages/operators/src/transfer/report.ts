import type { TransferEvent } from '@millrace/connectors'
import type { TaskContext } from '@millrace/workflow'

/** Turns what a transfer tells into the task's log and progress. */
export function transferReport({
  log,
  heartbeat,
}: Pick<TaskContext, 'log' | 'heartbeat'>): (event: TransferEvent) => void {
  const done = new Map<string, number>()
  const resumed = new Map<string, number>()
  let total: number | null = 0
  const tell = () => {
    const rows = [...done.values()].reduce((sum, count) => sum + count, 0)
    heartbeat({ done: rows, unit: 'rows', ...(total === null ? {} : { total: Math.max(total, rows) }) })
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
        const kept = event.resumedChunks > 0 ? `, ${event.resumedRows} rows of it from an interrupted load` : ''
        log.info(`${event.table} goes to ${event.target} in ${event.chunks} chunks${kept}.`)
        break
      }
      case 'progress':
        done.set(event.table, (resumed.get(event.table) ?? 0) + event.rows)
        tell()
        break
      case 'phase':
        log.debug(`${event.table}: ${event.phase}.`)
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
        tell()
        log.info(`${event.table}: ${event.rows} rows in ${event.durationMs} ms, published in ${event.target}.`, {
          manifest: event.manifestPath,
          bytes: event.bytes,
          proof: event.manifest.proof.level,
        })
        break
      case 'table-failed':
        log.error(
          `${event.table}: ${event.error.message}${event.resumable ? ' The finished chunks are kept for the next try.' : ''}`,
          { code: event.error.code },
        )
        break
    }
  }
}
