import { type Queryable, sql } from '@millrace/db'
import type { WorkerInfo } from '../worker/worker-api.ts'

/** Notes that a worker lives. Returns whether somebody asked it to take no more. */
export async function noteWorker(db: Queryable, worker: WorkerInfo): Promise<{ readonly draining: boolean }> {
  return await db.one<{ draining: boolean }>(sql`
    insert into engine.worker (id, name, host, pid, version, queues, slots)
    values (
      ${worker.id}, ${worker.name}, ${worker.host}, ${worker.pid}, ${worker.version}, ${worker.queues}, ${worker.slots}
    )
    on conflict (id) do update set
      seen_at = now(), ended_at = null, queues = excluded.queues, slots = excluded.slots
    returning draining`)
}

export async function endWorker(db: Queryable, id: string): Promise<void> {
  await db.execute(sql`update engine.worker set ended_at = now() where id = ${id}`)
}

/** Forgets workers that were not heard of for a day. */
export async function forgetWorkers(db: Queryable): Promise<number> {
  return await db.execute(sql`delete from engine.worker where seen_at < now() - interval '1 day'`)
}
