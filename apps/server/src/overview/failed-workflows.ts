import { type Queryable, type Sql, sql } from '@millrace/db'
import { type Engine, nodeAt } from '@millrace/engine'
import { withoutNulls } from '@millrace/http'
import type { OverviewBody } from './schemas.ts'

interface Row {
  readonly workflow: string
  readonly project_id: string | null
  readonly run: number
  readonly version_id: number
  readonly reason: string | null
  readonly logical_date: Date
  readonly ended_at: Date
  readonly active_run: number | null
  readonly places: readonly number[] | null
  readonly task_run: number | null
  readonly message: string | null
}

const mostNodes = 5

/** Workflows in use whose newest run that is over failed, the last failure first. */
export async function listFailed(
  { graphs }: Pick<Engine, 'graphs'>,
  db: Queryable,
  where: Sql,
  limit: number,
): Promise<OverviewBody['failed']> {
  const rows = await db.query<Row>(sql`
    select last.*, active.id as active_run, node.places, first.id as task_run, first.reason as message
    from (
      select w.id as workflow_id, w.name as workflow, w.project_id, r.id as run, r.version_id, r.reason, r.logical_date, r.ended_at
      from engine.workflow w
      cross join lateral (
        select * from engine.run where workflow_id = w.id and state not in ('queued', 'running') order by id desc limit 1
      ) as r
      where r.state = 'failed' and w.current_version_id is not null and ${where}
      order by r.ended_at desc limit ${limit}
    ) as last
    left join lateral (
      select id from engine.run
      where workflow_id = last.workflow_id and state in ('queued', 'running') order by id desc limit 1
    ) as active on true
    left join lateral (
      select json_agg(node_index order by node_index) as places
      from engine.task_run where run_id = last.run and map_index is null and state = 'failed'
    ) as node on true
    left join lateral (
      select id, reason from engine.task_run
      where run_id = last.run and state = 'failed'
      -- Of a mapped node the item that failed says more.
      order by ended_at, items is not null, id limit 1
    ) as first on true
    order by last.ended_at desc`)
  const versions = await graphs.getAll(db, [...new Set(rows.map(({ version_id }) => version_id))])
  return rows.map((row) => {
    const graph = versions.get(row.version_id)
    const places = row.places ?? []
    return withoutNulls({
      workflow: row.workflow,
      project_id: row.project_id,
      run: `${row.run}`,
      logical_date: row.logical_date.toISOString(),
      ended_at: row.ended_at.toISOString(),
      nodes: graph === undefined ? [] : places.slice(0, mostNodes).map((place) => nodeAt(graph, place).id),
      failed_nodes: places.length,
      task_run: row.task_run,
      message: row.message ?? row.reason,
      active_run: row.active_run === null ? null : `${row.active_run}`,
    })
  })
}
