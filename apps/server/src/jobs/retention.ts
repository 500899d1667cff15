import { type Db, type Sql, sql } from '@millrace/db'
import { change } from '../change.ts'
import { dropUnwantedEvents } from '../events/index.ts'
import type { Job } from './job.ts'

/** Of one statement, so that nobody waits for long. */
const rowsAtOnce = 5000

/** Runs of jobs are kept for so long. */
const runDays = 30

/** Personal tokens are listed for so long after they expired. */
const tokenDays = 30

/** Removes what is too old. Sessions and sign-ins that expired go with the next one that begins. */
export const retention: Job = {
  name: 'retention',
  description: 'Removes entries of the audit log, expired tokens, runs of jobs and unwanted events that are too old.',
  schedule: '17 * * * *',
  async run({ db, settings }, signal) {
    const auditEvents = await removeInParts(db, signal, (limit) => {
      const days = settings.auditRetentionDays
      return sql`
        delete from audit.event where id in (
          select id from audit.event where at < now() - make_interval(days => ${days}::integer) order by id limit ${limit})`
    })
    const jobRuns = await removeInParts(
      db,
      signal,
      (limit) => sql`
        delete from jobs.run where id in (
          select id from jobs.run where ended_at < now() - make_interval(days => ${runDays}::integer) limit ${limit})`,
    )
    const tokens = await change(
      db,
      { id: 'job:retention' },
      async (trx) =>
        await trx.execute(sql`
          delete from authentication.personal_token where expires_at < now() - make_interval(days => ${tokenDays}::integer)`),
    )
    return { auditEvents, jobRuns, tokens, events: await dropUnwantedEvents(db, settings) }
  },
}

async function removeInParts(db: Db, signal: AbortSignal, statement: (limit: number) => Sql): Promise<number> {
  let removed = 0
  for (let part = rowsAtOnce; part === rowsAtOnce; removed += part) {
    signal.throwIfAborted()
    part = await db.execute(statement(rowsAtOnce))
  }
  return removed
}
