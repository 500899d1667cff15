import { type Queryable, type Sql, sql } from '@millrace/db'
import type { RunState, WorkflowManifest } from '@millrace/workflow'

export interface WorkflowSummary {
  readonly id: number
  readonly name: string
  readonly project_id: string | null
  readonly paused: boolean
  readonly created_at: Date
  readonly next_tick_at: Date | null
  readonly last_tick_at: Date | null
  readonly schedule_problem: string | null
  readonly version: string
  readonly manifest: WorkflowManifest
  readonly last_run: { readonly id: number; readonly state: RunState; readonly logical_date: string } | null
}

export interface WorkflowFilter {
  /** On `engine.workflow w`: what the caller may see. */
  readonly where: Sql
  readonly project?: string | undefined
  readonly name?: string | undefined
  readonly search?: string | undefined
  readonly tag?: string | undefined
  readonly paused?: boolean | undefined
  /** Only those with a schedule. */
  readonly scheduled?: boolean
}

const summary = sql`
  select w.id, w.name, w.project_id, w.paused, w.created_at, w.last_tick_at, w.schedule_problem, v.version, v.manifest,
    -- Of this version's schedule; with a problem it is when the next try is.
    case when w.schedule_version_id = v.id and w.schedule_problem is null then w.next_tick_at end as next_tick_at,
    (
      select jsonb_build_object('id', r.id, 'state', r.state, 'logical_date', r.logical_date)
      from engine.run r where r.workflow_id = w.id order by r.id desc limit 1
    ) as last_run
  from engine.workflow w join engine.workflow_version v on v.id = w.current_version_id`

export async function listWorkflows(
  db: Queryable,
  { where: visible, project, name, search, tag, paused, scheduled = false }: WorkflowFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly WorkflowSummary[]; readonly total: number }> {
  const where = sql`
    ${visible}
    and (${project ?? null}::text is null or w.project_id = ${project ?? null})
    and (${name ?? null}::text is null or w.name = ${name ?? null})
    and (${search ?? null}::text is null or position(lower(${search ?? ''}) in lower(w.name)) > 0)
    and (${tag ?? null}::text is null or v.manifest->'tags' @> to_jsonb(${tag ?? ''}::text))
    and (${paused ?? null}::boolean is null or w.paused = ${paused ?? null}::boolean)
    and (not ${scheduled}::boolean or jsonb_typeof(v.manifest->'schedule') = 'object')`
  const rows = await db.query<WorkflowSummary>(
    sql`${summary} where ${where} order by w.name limit ${limit} offset ${offset}`,
  )
  const { total } = await db.one<{ total: number }>(sql`
    select count(*) as total
    from engine.workflow w join engine.workflow_version v on v.id = w.current_version_id where ${where}`)
  return { rows, total }
}

export async function readWorkflow(db: Queryable, id: number): Promise<WorkflowSummary> {
  return await db.one<WorkflowSummary>(sql`${summary} where w.id = ${id}`)
}

export interface VersionRow {
  readonly version: string
  readonly created_at: Date
  readonly package_sha256: string | null
  readonly is_current: boolean
}

export async function listVersions(
  db: Queryable,
  workflowId: number,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly VersionRow[]; readonly total: number }> {
  const rows = await db.query<VersionRow>(sql`
    select v.version, v.created_at, v.package_sha256, v.id = w.current_version_id as is_current
    from engine.workflow_version v join engine.workflow w on w.id = v.workflow_id
    where w.id = ${workflowId} order by v.id desc limit ${limit} offset ${offset}`)
  const { total } = await db.one<{ total: number }>(
    sql`select count(*) as total from engine.workflow_version where workflow_id = ${workflowId}`,
  )
  return { rows, total }
}
