import { isMillraceError } from '@millrace/core'
import { type Queryable, type Sql, sql } from '@millrace/db'
import { findWorkflow, type WorkflowRow } from '@millrace/engine'
import { type HttpError, notFound } from '@millrace/http'
import type { Authz, Caller } from '../authz/index.ts'

/**
 * `see`: a workflow, its runs, their outputs and logs, for members of its project; that a project is public does not show
 * what its tasks print. `write`: deploy, start, stop and repair.
 */
export type WorkflowPermission = 'see' | 'write'

const permissionOnProject = { see: 'read_children', write: 'write' } as const

export interface WorkflowAccess {
  /** For statements that read `engine.workflow w`: the workflows that the caller has the permission on. */
  condition(caller: Caller, permission?: WorkflowPermission): Sql
  /** Throws 404 for what is not there and for what the caller may not see or change, in the same words. */
  workflow(caller: Caller, permission: WorkflowPermission, name: string): Promise<WorkflowRow>
  run(caller: Caller, permission: WorkflowPermission, id: number): Promise<void>
  taskRun(caller: Caller, permission: WorkflowPermission, id: number): Promise<void>
  backfill(caller: Caller, permission: WorkflowPermission, id: number): Promise<void>
}

/** Who may do what with workflows: they belong to a project, whose permissions count, or to the platform, whose administrators may. */
export function workflowAccess(db: Queryable, authz: Authz): WorkflowAccess {
  const condition = (caller: Caller, permission: WorkflowPermission = 'see'): Sql =>
    conditionFor(authz, caller, permission)
  const isAllowed = async (statement: Sql): Promise<boolean> => (await db.maybe(statement)) !== undefined
  return {
    condition,
    async workflow(caller, permission, name) {
      if (permission === 'see') return await findWorkflow(db, name, { where: condition(caller) })
      try {
        return await findWorkflow(db, name, { where: condition(caller, permission) })
      } catch (error) {
        if (!isMillraceError(error) || error.code !== 'WORKFLOW_MISSING') throw error
        // Says that it is not there to those who do not see it.
        await findWorkflow(db, name, { where: condition(caller) })
        throw notFound(
          'WORKFLOW_MISSING',
          `There is no workflow "${name}" for you to change: you see it, and may not change it. Ask an owner of its project to make you an editor.`,
        )
      }
    },
    async run(caller, permission, id) {
      const found = await isAllowed(sql`
        select from engine.run r join engine.workflow w on w.id = r.workflow_id
        where r.id = ${id} and ${condition(caller, permission)}`)
      if (!found) throw missing('RUN_MISSING', `run ${id}`, '"millrace runs list" shows what there is.')
    },
    async taskRun(caller, permission, id) {
      const found = await isAllowed(sql`
        select from engine.task_run t join engine.run r on r.id = t.run_id join engine.workflow w on w.id = r.workflow_id
        where t.id = ${id} and ${condition(caller, permission)}`)
      if (!found) throw missing('TASK_RUN_MISSING', `task run ${id}`)
    },
    async backfill(caller, permission, id) {
      const found = await isAllowed(sql`
        select from engine.backfill b join engine.workflow w on w.id = b.workflow_id
        where b.id = ${id} and ${condition(caller, permission)}`)
      if (!found) throw missing('BACKFILL_MISSING', `backfill ${id}`)
    },
  }
}

function conditionFor(authz: Authz, caller: Caller, permission: WorkflowPermission): Sql {
  return authz.visible(caller, permissionOnProject[permission], 'project', { id: sql`w.project_id` })
}

function missing(code: string, what: string, hint?: string): HttpError {
  return notFound(
    code,
    [`There is no ${what}, or you may not do this to it.`, ...(hint === undefined ? [] : [hint])].join(' '),
  )
}
