import { type Db, sql } from '@millrace/db'
import type { WorkerApi } from '@millrace/engine'

/** A queue that comes up with a deployment is served after so long at most. */
const lookEveryMs = 2000

/** The worker of a laptop is the only one: it serves every queue that a workflow names. */
export function servingAllQueues(db: Db, api: WorkerApi): WorkerApi {
  return {
    ...api,
    async exchange(request, signal) {
      const used = await db.query<{ queue: string }>(sql`
        select distinct node #>> '{options,queue}' as queue
        from engine.workflow w
        join engine.workflow_version v on v.id = w.current_version_id,
          jsonb_array_elements(v.manifest -> 'nodes') as node
        where node ->> 'kind' = 'task'
        union select distinct queue from engine.task_run where state = 'ready'`)
      const queues = [...new Set([...request.worker.queues, ...used.map(({ queue }) => queue)])]
      const waitMs = Math.min(request.waitMs, lookEveryMs)
      return await api.exchange({ ...request, worker: { ...request.worker, queues }, waitMs }, signal)
    },
  }
}
