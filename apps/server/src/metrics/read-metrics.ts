import { type Queryable, sql } from '@millrace/db'
import type { Metric } from './exposition.ts'

/** Looks at what is active only, so that a long history does not make it slow. */
export async function readMetrics(db: Queryable, leaseSeconds: number): Promise<readonly Metric[]> {
  const [queues, running, active, ended, latency, workers] = await Promise.all([
    db.query<{ queue: string; depth: number; oldest: number }>(sql`
      select queue, count(*) as depth, extract(epoch from now() - min(run_at))::float8 as oldest
      from engine.task_run where state = 'ready' and run_at <= now() group by queue order by queue`),
    db.query<{ queue: string; running: number }>(sql`
      select queue, count(*) as running from engine.task_run where state = 'running' group by queue order by queue`),
    db.query<{ state: string; runs: number }>(sql`
      select state, count(*) as runs from engine.run where state in ('queued', 'running') group by state order by state`),
    db.query<{ state: string; runs: number }>(sql`
      select state, count(*) as runs from engine.run
      where ended_at > now() - interval '1 hour' group by state order by state`),
    db.one<{ median: number | null; worst: number | null }>(sql`
      select percentile_cont(0.5) within group (order by waited) as median, max(waited) as worst
      from (
        select extract(epoch from started_at - greatest(ready_at, run_at))::float8 as waited
        from engine.task_run where state = 'running'
      ) r`),
    db.query<{ state: string; workers: number; slots: number }>(sql`
      select case when draining then 'draining' else 'active' end as state,
        count(*) as workers, sum(slots)::integer as slots
      from engine.worker
      where ended_at is null and seen_at > now() - make_interval(secs => ${leaseSeconds})
      group by 1 order by 1`),
  ])
  return [
    {
      name: 'millrace_queue_depth',
      help: 'Task runs that could be claimed now, by queue.',
      samples: queues.map(({ queue, depth }) => ({ labels: { queue }, value: depth })),
    },
    {
      name: 'millrace_queue_oldest_seconds',
      help: 'How long the first of a queue has been waiting.',
      samples: queues.map(({ queue, oldest }) => ({ labels: { queue }, value: oldest })),
    },
    {
      name: 'millrace_task_runs_running',
      help: 'Attempts held by workers, by queue.',
      samples: running.map((row) => ({ labels: { queue: row.queue }, value: row.running })),
    },
    {
      name: 'millrace_runs_active',
      help: 'Runs that are not over, by state.',
      samples: active.map(({ state, runs }) => ({ labels: { state }, value: runs })),
    },
    {
      name: 'millrace_runs_ended_last_hour',
      help: 'Runs that ended within the last hour, by state.',
      samples: ended.map(({ state, runs }) => ({ labels: { state }, value: runs })),
    },
    {
      name: 'millrace_claim_latency_seconds',
      help: 'From being ready to being claimed, of the attempts that run now.',
      samples: [
        ...(latency.median === null ? [] : [{ labels: { quantile: '0.5' }, value: latency.median }]),
        ...(latency.worst === null ? [] : [{ labels: { quantile: '1' }, value: latency.worst }]),
      ],
    },
    {
      name: 'millrace_workers',
      help: 'Workers that were heard of within a lease, by state.',
      samples: workers.map((row) => ({ labels: { state: row.state }, value: row.workers })),
    },
    {
      name: 'millrace_worker_slots',
      help: 'Slots of these workers.',
      samples: workers.map(({ state, slots }) => ({ labels: { state }, value: slots })),
    },
  ]
}
