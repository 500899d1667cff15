import { type Queryable, type Sql, sql } from '@millrace/db'
import type { RunState, TaskRunState, TriggerKind } from '@millrace/workflow'

export interface GridRun {
  readonly id: number
  readonly version_id: number
  readonly version: string
  readonly state: RunState
  readonly reason: string | null
  readonly trigger: TriggerKind
  readonly key: string
  readonly logical_date: Date
  readonly created_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
  /** Of its nodes, in the order of its version's graph. */
  readonly cells: readonly GridCell[]
  readonly mapped: readonly MappedCell[]
}

export interface GridCell {
  readonly place: number
  readonly taskRun: number
  readonly state: TaskRunState
  /** Milliseconds after the run was created. */
  readonly start: number | null
  readonly end: number | null
}

export interface MappedCell {
  readonly place: number
  readonly total: number
  readonly success: number
  readonly failed: number
  readonly skipped: number
}

interface Row extends Omit<GridRun, 'cells'> {
  readonly places: string | null
  readonly task_runs: string | null
  readonly states: string | null
  readonly starts: string | null
  readonly ends: string | null
}

/**
 * Runs of a workflow with the states of all of their nodes, the newest first. The cells of a run come as one text for each column:
 * to read 20,000 rows one by one would take most of the time.
 */
export async function readGrid(
  db: Queryable,
  workflowId: number,
  { limit, before }: { readonly limit: number; readonly before: number | undefined },
): Promise<readonly GridRun[]> {
  const page = before === undefined ? sql`true` : sql`id < ${before}`
  const rows = await db.query<Row>(sql`
    select r.id, r.version_id, v.version, r.state, r.reason, r.trigger, r.key, r.logical_date, r.created_at, r.started_at, r.ended_at,
      cell.*, coalesce(cell.mapped, '[]') as mapped
    from (
      select * from engine.run where workflow_id = ${workflowId} and ${page} order by id desc limit ${limit}
    ) as r
    join engine.workflow_version v on v.id = r.version_id
    cross join lateral (
      select string_agg(node_index::text, ',') as places, string_agg(id::text, ',') as task_runs,
        string_agg(state, ',') as states,
        string_agg(coalesce(${offset(sql`started_at`)}::text, ''), ',') as starts,
        string_agg(coalesce(${offset(sql`ended_at`)}::text, ''), ',') as ends,
        json_agg(json_build_object(
          'place', node_index, 'total', items, 'success', up_success, 'failed', up_failed, 'skipped', up_skipped
        )) filter (where items is not null) as mapped
      from engine.task_run where run_id = r.id and map_index is null
    ) as cell
    order by r.id desc`)
  return rows.map(({ places, task_runs, states, starts, ends, ...row }) => {
    const of = (text: string | null) => (text === null ? [] : text.split(','))
    const [ids, state, start, end] = [of(task_runs), of(states), of(starts), of(ends)]
    const cells = of(places).map(
      (place, at): GridCell => ({
        place: Number(place),
        taskRun: Number(ids[at]),
        state: state[at] as TaskRunState,
        start: numberOf(start[at]),
        end: numberOf(end[at]),
      }),
    )
    return { ...row, cells }
  })
}

/** Of whole milliseconds, as times are shown in. In floats, exact to the microsecond, since numerics would take twice as long. */
function offset(at: Sql): Sql {
  return sql`(${wholeMs(at)} - ${wholeMs(sql`r.created_at`)})`
}

function wholeMs(at: Sql): Sql {
  return sql`floor(round(date_part('epoch', ${at}) * 1000000) / 1000)`
}

function numberOf(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text)
}
