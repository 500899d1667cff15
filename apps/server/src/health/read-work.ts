import { type Queryable, sql } from '@millrace/db'

export interface Scheduler {
  readonly host: string
  readonly pid: number
  readonly started_at: Date
  readonly seen_at: Date
  /** Not heard of for longer than three of its beats. */
  readonly is_silent: boolean
}

/** Those that say that they look at what is due, the last heard of first. */
export async function listSchedulers(db: Queryable): Promise<readonly Scheduler[]> {
  return await db.query<Scheduler>(sql`
    select host, pid, started_at, seen_at, seen_at < now() - interval '40 seconds' as is_silent
    from engine.scheduler order by seen_at desc limit 20`)
}

export interface Work {
  readonly active: number
  readonly draining: number
  readonly silent: number
  readonly ready: number
  readonly delayed: number
  readonly running: number
}

/** Workers by their states, and task runs that wait or run. */
export async function readWork(db: Queryable, leaseSeconds: number): Promise<Work> {
  const isSilent = sql`seen_at < now() - make_interval(secs => ${leaseSeconds})`
  return await db.one<Work>(sql`
    select w.*, t.* from (
      select
        count(*) filter (where not draining and not ${isSilent}) as active,
        count(*) filter (where draining and not ${isSilent}) as draining,
        count(*) filter (where ${isSilent}) as silent
      from engine.worker where ended_at is null
    ) as w cross join (
      select
        count(*) filter (where state = 'ready' and run_at <= now()) as ready,
        count(*) filter (where state = 'ready' and run_at > now()) as delayed,
        count(*) filter (where state = 'running') as running
      from engine.task_run where state in ('ready', 'running')
    ) as t`)
}
