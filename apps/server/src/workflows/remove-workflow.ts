import { type Sql, sql } from '@millrace/db'
import { type Engine, runFolder } from '@millrace/engine'
import { conflict } from '@millrace/http'
import { type Actor, change } from '../change.ts'
import { lockWorkflow } from './lock-workflow.ts'

/**
 * Removes a workflow that `where` holds for, on `engine.workflow w`, with its versions, runs, logs and outputs.
 *
 * @throws DataError `WORKFLOW_MISSING`
 * @throws HttpError 409 while runs of it are active.
 */
export async function removeWorkflow(engine: Engine, actor: Actor, name: string, where: Sql): Promise<void> {
  const runs = await change(engine.db, actor, async (trx) => {
    const id = await lockWorkflow(trx, name, where)
    const { active } = await trx.one<{ active: number }>(sql`
      select count(*) as active from engine.run where workflow_id = ${id} and state in ('queued', 'running')`)
    if (active > 0) {
      throw conflict(
        'WORKFLOW_ACTIVE',
        `Workflow ${name} has ${active} active ${active === 1 ? 'run' : 'runs'}. Cancel them, or wait until they end.`,
      )
    }
    const removed = await trx.query<{ id: number }>(sql`delete from engine.run where workflow_id = ${id} returning id`)
    await trx.execute(sql`delete from engine.backfill where workflow_id = ${id}`)
    await trx.execute(sql`update engine.workflow set current_version_id = null where id = ${id}`)
    await trx.execute(sql`delete from engine.workflow_version where workflow_id = ${id}`)
    await trx.execute(sql`delete from engine.workflow where id = ${id}`)
    return removed
  })
  for (const run of runs) await engine.artifacts.removeFolder(runFolder(run.id))
}
