import type { Db } from '@millrace/db'

/** How long the counters need to be written by the sessions, and how long to look, in milliseconds. */
const settleMs = 12_000
const lookMs = 20_000

/**
 * Queries that server, scheduler and a worker with nothing to do send to the database, a second: the transactions that the
 * database counts, since each of their queries is one.
 */
export async function measureIdle(db: Db): Promise<number> {
  const transactions = async () =>
    (
      await db.one<{ count: number }>({
        text: 'select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()',
        values: [],
      })
    ).count
  await pause(settleMs)
  const before = await transactions()
  await pause(lookMs)
  // One of them is the look itself.
  return ((await transactions()) - before - 1) / (lookMs / 1000)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
