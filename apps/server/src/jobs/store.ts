import { redact } from '@millrace/core'
import { type Db, type Queryable, sql, type Trx, transaction } from '@millrace/db'

/** Tells runners that there is something; they also look by themselves. */
export const jobChannel = 'millrace_jobs'

/** After so many beginnings a run has failed; the next tick is another run. */
const attemptsAtMost = 5

export interface JobRun {
  readonly id: number
  readonly job: string
  readonly requestedBy: string | null
  readonly state: 'waiting' | 'running' | 'succeeded' | 'failed'
  readonly attempt: number
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly summary: Readonly<Record<string, unknown>> | null
  readonly error: string | null
}

export interface JobState {
  readonly name: string
  readonly schedule: string | null
  readonly nextAt: Date | null
  readonly lastRun: JobRun | null
}

const runColumns = sql`
  id, job, requested_by as "requestedBy", state, attempt, created_at as "createdAt", started_at as "startedAt",
  ended_at as "endedAt", summary, error`

/** Has the job run soon; where a run waits already it is that one. */
export async function requestJob(trx: Trx, job: string, requestedBy: string | null): Promise<JobRun> {
  await lockJob(trx, job)
  const waiting = await trx.maybe<JobRun>(
    sql`select ${runColumns} from jobs.run where job = ${job} and state = 'waiting'`,
  )
  if (waiting !== undefined) return waiting
  // A job is known to the table before the first server of its version is up.
  await trx.execute(sql`insert into jobs.job (name) values (${job}) on conflict do nothing`)
  const run = await trx.one<JobRun>(
    sql`insert into jobs.run (job, requested_by) values (${job}, ${requestedBy}) returning ${runColumns}`,
  )
  await trx.execute(sql`select pg_notify(${jobChannel}, '')`)
  return run
}

async function lockJob(trx: Trx, job: string): Promise<void> {
  await trx.execute(sql`select pg_advisory_xact_lock(hashtextextended('job ' || ${job}::text, 0))`)
}

/** A job that has another schedule now waits for the next tick of that. */
export async function saveJob(
  db: Queryable,
  job: { readonly name: string; readonly schedule: string | null; readonly nextAt: Date | null },
): Promise<void> {
  await db.execute(sql`
    insert into jobs.job (name, schedule, next_at) values (${job.name}, ${job.schedule}, ${job.nextAt})
    on conflict (name) do update set schedule = excluded.schedule, next_at = excluded.next_at
    where jobs.job.schedule is distinct from excluded.schedule`)
}

/** Whether `planDueJobs` or `claimRun` may find something: all that an idle server asks. */
export async function isAnythingDue(db: Queryable): Promise<boolean> {
  const { due } = await db.one<{ due: boolean }>(sql`
    select exists (select from jobs.job where next_at <= now())
      or exists (
        select from jobs.run
        where state = 'waiting' and available_at <= now() or state = 'running' and lease_until < now()) as due`)
  return due
}

/** Jobs whose tick has come get a run, and wait for the tick after now. */
export async function planDueJobs(db: Db, nextAfter: (name: string, now: Date) => Date | null): Promise<void> {
  await transaction(db, async (trx) => {
    const due = await trx.query<{ name: string; now: Date }>(
      sql`select name, now() as now from jobs.job where next_at <= now() order by name for update skip locked`,
    )
    for (const { name, now } of due) {
      await requestJob(trx, name, null)
      await trx.execute(sql`update jobs.job set next_at = ${nextAfter(name, now)} where name = ${name}`)
    }
  })
}

/** Runs that ended their servers at every attempt have failed, so that they do not end one after the other for ever. */
export async function failAbandoned(db: Queryable): Promise<void> {
  await db.execute(sql`
    update jobs.run
    set state = 'failed', ended_at = clock_timestamp(), lease_until = null,
      error = 'The server ended in the middle of each of its ' || attempt || ' attempts. Look into the logs of the servers before you run it again.'
    where state = 'running' and lease_until < clock_timestamp() and attempt >= ${attemptsAtMost}`)
}

/** Takes a run that waits, or one whose server died. Of a job only one is taken at a time. */
export async function claimRun(
  db: Queryable,
  { jobs, leaseMs }: { readonly jobs: readonly string[]; readonly leaseMs: number },
): Promise<JobRun | undefined> {
  return await db.maybe<JobRun>(sql`
    update jobs.run
    set state = 'running', attempt = attempt + 1, started_at = clock_timestamp(),
      lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    where id = (
      select id from jobs.run as candidate
      where job = any(${jobs}) and (
        state = 'running' and lease_until < clock_timestamp()
        or state = 'waiting' and available_at <= clock_timestamp()
          and not exists (select from jobs.run as other where other.job = candidate.job and other.state = 'running'))
      order by id
      limit 1
      for update skip locked
    )
    returning ${runColumns}`)
}

/** False when the run was taken from this server, which was silent for too long. */
export async function renewLease(db: Queryable, { id, attempt }: JobRun, leaseMs: number): Promise<boolean> {
  const renewed = await db.execute(sql`
    update jobs.run set lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    where id = ${id} and attempt = ${attempt} and state = 'running'`)
  return renewed > 0
}

export async function endRun(db: Queryable, { id, attempt }: JobRun, summary: object): Promise<void> {
  await db.execute(sql`
    update jobs.run set state = 'succeeded', ended_at = clock_timestamp(), lease_until = null, error = null, summary = ${sql.json(summary)}
    where id = ${id} and attempt = ${attempt} and state = 'running'`)
}

/**
 * Lets the run begin again after min(2^n, 120) s, unless it was its last attempt or another run of the job waits already.
 * With `isStopped` the server only closes: then it begins again at once, and the attempt does not count.
 */
export async function failRun(db: Db, run: JobRun, error: unknown, isStopped: boolean): Promise<void> {
  const text = redact(error instanceof Error ? error.message : String(error)).slice(0, 2000)
  const waits = isStopped || run.attempt < attemptsAtMost
  const delaySeconds = isStopped ? 0 : Math.min(2 ** run.attempt, 120)
  await transaction(db, async (trx) => {
    await lockJob(trx, run.job)
    await trx.execute(sql`
      update jobs.run as this
      set state = next.state,
        attempt = case when ${isStopped}::boolean then attempt - 1 else attempt end,
        available_at = clock_timestamp() + ${delaySeconds} * interval '1 second',
        ended_at = case when next.state = 'failed' then clock_timestamp() end,
        lease_until = null,
        error = ${text}
      from (
        select case
          when ${waits}::boolean and not exists (select from jobs.run where job = ${run.job} and state = 'waiting') then 'waiting'
          else 'failed'
        end as state
      ) as next
      where this.id = ${run.id} and this.attempt = ${run.attempt} and this.state = 'running'`)
    await trx.execute(sql`select pg_notify(${jobChannel}, '')`)
  })
}

/** In the order of their names. */
export async function listJobs(db: Queryable, range: { limit: number; offset: number }): Promise<readonly JobState[]> {
  const rows = await db.query<Omit<JobState, 'lastRun'> & { run: JobRun | null }>(sql`
    select j.name, j.schedule, j.next_at as "nextAt" from jobs.job j order by j.name limit ${range.limit} offset ${range.offset}`)
  const last = await db.query<JobRun>(sql`
    select distinct on (job) ${runColumns} from jobs.run
    where job = any(${rows.map(({ name }) => name)}) order by job, id desc`)
  return rows.map((row) => ({ ...row, lastRun: last.find(({ job }) => job === row.name) ?? null }))
}

export async function listRuns(
  db: Queryable,
  job: string,
  range: { limit: number; offset: number },
): Promise<{ readonly rows: readonly JobRun[]; readonly total: number }> {
  const rows = await db.query<JobRun>(sql`
    select ${runColumns} from jobs.run where job = ${job} order by id desc limit ${range.limit} offset ${range.offset}`)
  const { total } = await db.one<{ total: number }>(sql`select count(*) as total from jobs.run where job = ${job}`)
  return { rows, total }
}

export async function findRun(db: Queryable, job: string, id: number): Promise<JobRun | undefined> {
  return await db.maybe<JobRun>(sql`select ${runColumns} from jobs.run where job = ${job} and id = ${id}`)
}

export async function readJobState<State>(db: Queryable, job: string): Promise<State | null> {
  const row = await db.maybe<{ state: State | null }>(sql`select state from jobs.job where name = ${job}`)
  return row?.state ?? null
}

export async function writeJobState(db: Queryable, job: string, state: object): Promise<void> {
  await db.execute(sql`
    insert into jobs.job (name, state) values (${job}, ${sql.json(state)})
    on conflict (name) do update set state = excluded.state`)
}
