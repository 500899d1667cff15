import { type Queryable, sql, type Trx } from '@millrace/db'
import { lockRun, type RunRow } from '@millrace/engine'
import type { Json } from '@millrace/workflow'
import { noteDeed } from '../audit/index.ts'
import { type Actor, change } from '../change.ts'
import type { ServerContext } from '../server-context.ts'

/** What somebody asks of a run, as the audit log has it: `{ request: 'mark', node: 'load', marked: 'success' }`. */
export type AskedOfRun = { readonly request: string } & Readonly<Record<string, Json>>

/** Does something to a run, with its entry in the audit log: both or neither. What changed nothing leaves no entry. */
export async function intervene(
  { db }: Pick<ServerContext, 'db'>,
  actor: Actor,
  { run, asked }: { readonly run: number; readonly asked: AskedOfRun },
  work: (trx: Trx, held: RunRow) => Promise<unknown>,
): Promise<void> {
  await change(db, actor, async (trx) => {
    const held = await lockRun(trx, run)
    const before = await readKnown(trx, run)
    await work(trx, held)
    const after = await readKnown(trx, run)
    if (after.lastEvent === before.lastEvent && after.row.priority === before.row.priority) return
    await noteDeed(trx, {
      entity: 'run',
      entityId: `${run}`,
      action: 'update',
      before: before.row,
      after: { ...after.row, ...asked },
    })
  })
}

/** That somebody started a run, within the `change` that made it. */
export async function noteNewRun(trx: Trx, run: number): Promise<void> {
  const { row } = await readKnown(trx, run)
  await noteDeed(trx, { entity: 'run', entityId: `${run}`, action: 'insert', before: null, after: row })
}

interface Known {
  /** Without its parameters, which may be long. */
  readonly row: Readonly<Record<string, Json>>
  readonly lastEvent: number
}

/** A run as people know it. */
async function readKnown(db: Queryable, run: number): Promise<Known> {
  return await db.one<Known>(sql`
    select
      jsonb_build_object(
        'id', r.id::text, 'workflow', w.name, 'version', v.version, 'project_id', w.project_id, 'trigger', r.trigger,
        'logical_date', r.logical_date, 'state', r.state, 'reason', r.reason, 'priority', r.priority
      ) as row,
      (select coalesce(max(e.id), 0) from engine.run_event e where e.run_id = r.id) as "lastEvent"
    from engine.run r
    join engine.workflow w on w.id = r.workflow_id
    join engine.workflow_version v on v.id = r.version_id
    where r.id = ${run}`)
}
