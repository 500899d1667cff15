import { type Queryable, type Sql, sql } from '@millrace/db'
import { compilePipeline, type PipelineState, taskId } from '@millrace/pipelines'
import type { Json } from '@millrace/workflow'
import type { ServerContext } from '../server-context.ts'
import { type PipelineRow, recordOf } from './pipeline-store.ts'
import { compileOptions } from './publish.ts'

/** A transformation that publishes a dataset. */
export interface DatasetRow {
  readonly transformationId: string
  readonly template: string
  readonly state: PipelineState
  /** As configured; templates that only a run fills in stay. */
  readonly dataset: string
  /** Name of the connection. */
  readonly store: string
  readonly partitionBy: readonly string[]
}

/** What the operator told of its last publish. */
export interface PublishedRow {
  readonly transformationId: string
  readonly runId: number
  readonly publishedAt: Date
  /** Connection that it was published by. */
  readonly store: string
  readonly address: string
  readonly rows: number
  readonly files: number
  readonly bytes: number
  readonly partitions: number
}

const operator = 'dataset'

/** In the order of the pipeline; with the variables filled in where the pipeline holds. */
export function datasetsOf(context: ServerContext, row: PipelineRow): readonly DatasetRow[] {
  const publishing = row.transformations.filter(({ template }) => template.operator === operator)
  const configs = publishing.length === 0 ? new Map() : compiledConfigs(context, row)
  return publishing.map(({ id, state, template }) => {
    const node = taskId({ pipeline: row.name, state, template: template.name, transformation: id })
    const config: Readonly<Record<string, Json>> = configs.get(node) ?? template.config
    const { partitionBy } = config
    return {
      ...{ transformationId: id, template: template.name, state },
      dataset: String(config.dataset ?? ''),
      store: String(config.store ?? ''),
      partitionBy: Array.isArray(partitionBy) ? partitionBy.map(String) : [],
    }
  })
}

function compiledConfigs(
  context: ServerContext,
  row: PipelineRow,
): ReadonlyMap<string, Readonly<Record<string, Json>>> {
  try {
    const { nodes } = compilePipeline(recordOf(row), compileOptions(context)).toManifest()
    return new Map(nodes.map(({ id, operator }) => [id, (operator?.config ?? {}) as Readonly<Record<string, Json>>]))
  } catch {
    // What is wrong is told by the page of the pipeline.
    return new Map()
  }
}

/** Runs that are looked at for what they published. */
const lastRuns = 100

/**
 * What each transformation published last, by the last runs of the pipeline.
 *
 * @param where On `engine.workflow w`: what the caller may see.
 */
export async function listPublished(
  db: Queryable,
  { workflow, transformations }: Pick<PipelineRow, 'workflow' | 'transformations'>,
  where: Sql,
): Promise<readonly PublishedRow[]> {
  const ids = transformations.filter(({ template }) => template.operator === operator).map(({ id }) => id)
  if (ids.length === 0) return []
  return await db.query<PublishedRow>(sql`
    with recent as (
      select r.id, r.version_id from engine.run r
      where r.workflow_id = (select w.id from engine.workflow w where w.name = ${workflow} and ${where})
      order by r.id desc limit ${lastRuns}
    ), node as (
      -- The name of a node ends in the id of its transformation, whatever the pipeline was called.
      select v.id as version_id, n.place - 1 as node_index, x.id as transformation_id, n.node #>> '{operator,config,store}' as store
      from engine.workflow_version v
      cross join lateral jsonb_array_elements(v.manifest -> 'nodes') with ordinality as n (node, place)
      join unnest(${ids}::text[]) as x (id) on right(n.node ->> 'id', 27) = '_' || lower(x.id)
      where v.id in (select version_id from recent) and n.node #>> '{operator,name}' = ${operator}
    )
    select distinct on (node.transformation_id)
      node.transformation_id as "transformationId", r.id as "runId", t.ended_at as "publishedAt", node.store,
      o.value ->> 'dataset' as address, (o.value ->> 'rows')::float8 as rows, (o.value ->> 'files')::float8 as files,
      (o.value ->> 'bytes')::float8 as bytes, (o.value ->> 'partitions')::float8 as partitions
    from recent r
    join node using (version_id)
    join engine.task_run t
      on t.run_id = r.id and t.node_index = node.node_index and t.map_index is null and t.state = 'success'
    join engine.task_output o on o.task_run_id = t.id
    where o.value ->> 'dataset' is not null
    order by node.transformation_id, r.id desc`)
}
