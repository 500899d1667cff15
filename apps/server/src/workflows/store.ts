import { type Queryable, type Sql, sql } from '@millrace/db'
import type { ManifestNode, RunState, TriggerKind, WorkflowManifest } from '@millrace/workflow'
import { type Page, readPage } from '../read-page.ts'

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
  readonly deployed_at: Date
  /** Id of who deployed the version; null: the platform itself. */
  readonly deployed_by: string | null
  /** Without what can be long. */
  readonly manifest: Omit<WorkflowManifest, 'nodes' | 'groups' | 'source' | 'package'>
  /** How many there are. */
  readonly nodes: number
  /** Of a workflow of one node, such as a copy. */
  readonly operator: ManifestNode['operator']
  /** The last ones, the newest first. */
  readonly runs: readonly RecentRun[]
}

export interface RecentRun {
  readonly id: number
  readonly state: RunState
  readonly trigger: TriggerKind
  /** ISO 8601. */
  readonly logical_date: string
  readonly created_at: string
  readonly started_at: string | null
  readonly ended_at: string | null
}

export interface WorkflowFilter {
  /** On `engine.workflow w`: what the caller may see. */
  readonly where: Sql
  readonly project?: string | undefined
  readonly name?: string | undefined
  readonly search?: string | undefined
  readonly tag?: string | undefined
  readonly category?: string | undefined
  readonly paused?: boolean | undefined
  /** Of the newest run. */
  readonly lastState?: RunState | undefined
  /** Only those with a schedule. */
  readonly scheduled?: boolean
}

const summary = sql`
  select w.id, w.name, w.project_id, w.paused, w.created_at, w.last_tick_at, w.schedule_problem, v.version,
    v.created_at as deployed_at, v.deployed_by,
    v.manifest - '{nodes,groups,source,package}'::text[] as manifest, jsonb_array_length(v.manifest -> 'nodes') as nodes,
    case when jsonb_array_length(v.manifest -> 'nodes') = 1 then v.manifest #> '{nodes,0,operator}' end as operator,
    -- Of this version's schedule; with a problem it is when the next try is.
    case when w.schedule_version_id = v.id and w.schedule_problem is null then w.next_tick_at end as next_tick_at,
    (
      select coalesce(json_agg(r order by r.id desc), '[]')
      from (
        select id, state, trigger, logical_date, created_at, started_at, ended_at from engine.run
        where workflow_id = w.id order by id desc limit 10
      ) as r
    ) as runs
  from engine.workflow w join engine.workflow_version v on v.id = w.current_version_id`

export async function listWorkflows(
  db: Queryable,
  { where: visible, project, name, search, tag, category, paused, lastState, scheduled = false }: WorkflowFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<Page<WorkflowSummary>> {
  const where = sql`
    ${visible}
    and (${project ?? null}::text is null or w.project_id = ${project ?? null})
    and (${name ?? null}::text is null or w.name = ${name ?? null})
    and (${search ?? null}::text is null or position(lower(${search ?? ''}) in lower(w.name)) > 0)
    and (${tag ?? null}::text is null or v.manifest->'tags' @> to_jsonb(${tag ?? ''}::text))
    and (${category ?? null}::text is null or v.manifest->>'category' = ${category ?? null})
    and (${paused ?? null}::boolean is null or w.paused = ${paused ?? null}::boolean)
    and (
      ${lastState ?? null}::text is null
      or (select r.state from engine.run r where r.workflow_id = w.id order by r.id desc limit 1)::text = ${lastState ?? null}
    )
    and (not ${scheduled}::boolean or jsonb_typeof(v.manifest->'schedule') = 'object')`
  return await readPage<WorkflowSummary>(db, {
    rows: sql`${summary} where ${where} order by w.name limit ${limit} offset ${offset}`,
    total: sql`(
      select count(*) from engine.workflow w join engine.workflow_version v on v.id = w.current_version_id where ${where})`,
  })
}

export async function readWorkflow(db: Queryable, id: number): Promise<WorkflowSummary> {
  return await db.one<WorkflowSummary>(sql`${summary} where w.id = ${id}`)
}

export interface VersionRow {
  readonly version: string
  readonly created_at: Date
  readonly deployed_by: string | null
  readonly package_sha256: string | null
  readonly is_current: boolean
}

export async function listVersions(
  db: Queryable,
  workflowId: number,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly VersionRow[]; readonly total: number }> {
  const rows = await db.query<VersionRow>(sql`
    select v.version, v.created_at, v.deployed_by, v.package_sha256, v.id = w.current_version_id as is_current
    from engine.workflow_version v join engine.workflow w on w.id = v.workflow_id
    where w.id = ${workflowId} order by v.id desc limit ${limit} offset ${offset}`)
  const { total } = await db.one<{ total: number }>(
    sql`select count(*) as total from engine.workflow_version where workflow_id = ${workflowId}`,
  )
  return { rows, total }
}
