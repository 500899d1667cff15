import type { Db } from '@millrace/db'

/** Sessions that fell idle write what they counted up to half a minute later. In milliseconds, as is how long to look. */
const settleMs = 35_000
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
