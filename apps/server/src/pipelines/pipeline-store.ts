import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import {
  type PipelineRecord,
  type PipelineState,
  pipelineStates,
  type TemplateRecord,
  type VariableTexts,
} from '@millrace/pipelines'
import { newId } from '../ids.ts'
import { type Page, readPage } from '../read-page.ts'

export interface TransformationRow {
  readonly id: string
  readonly state: PipelineState
  readonly graphOrder: number
  readonly variables: VariableTexts
  readonly template: TemplateRecord
  readonly lastActor: string
}

export interface PipelineRow {
  readonly id: string
  readonly project_id: string
  readonly name: string
  readonly description: string | null
  readonly is_active: boolean
  readonly run_frequency: string | null
  readonly workflow: string
  readonly client_id: string
  readonly client: string
  readonly brand_id: string
  readonly brand: string
  readonly pipeline_type_id: string
  readonly type: string
  readonly segment: string | null
  readonly created_at: Date
  readonly updated_at: Date
  readonly last_actor: string
  readonly transformations: readonly TransformationRow[]
}

export type PipelineValues = Pick<
  PipelineRow,
  'name' | 'description' | 'is_active' | 'run_frequency' | 'brand_id' | 'pipeline_type_id'
>

export interface TransformationValues {
  readonly state: PipelineState
  readonly templateId: string
  readonly graphOrder: number
  readonly variables: VariableTexts
}

const from = sql`
  pipelines.pipeline p
  join pipelines.brand b on b.id = p.brand_id
  join pipelines.client c on c.id = b.client_id
  join pipelines.pipeline_type t on t.id = p.pipeline_type_id
  left join pipelines.segment s on s.id = t.segment_id`

const columns = sql`
  p.id, p.project_id, p.name, p.description, p.is_active, p.run_frequency, p.workflow, p.created_at, p.updated_at,
  p.last_actor,
  c.id as client_id, c.name as client, b.id as brand_id, b.name as brand,
  t.id as pipeline_type_id, t.name as type, s.name as segment,
  (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'id', x.id, 'state', x.state, 'graphOrder', x.graph_order, 'variables', x.variables, 'lastActor', x.last_actor,
          'template', jsonb_build_object(
            'id', m.id, 'name', m.name, 'operator', m.operator, 'config', m.config,
            'variableStructures', m.variable_structures, 'state', m.state
          )
        )
        order by array_position(${[...pipelineStates]}::text[], x.state), x.graph_order, x.id
      ),
      '[]'
    )
    from pipelines.transformation x join pipelines.template m on m.id = x.template_id
    where x.pipeline_id = p.id
  ) as transformations`

/** `where` speaks of the pipeline as `p`, its brand as `b`, its client as `c`, its type as `t`. */
export async function readPipelines(db: Queryable, where: Sql): Promise<readonly PipelineRow[]> {
  return await db.query<PipelineRow>(sql`select ${columns} from ${from} where ${where} order by p.name, p.id`)
}

export async function listPipelines(
  db: Queryable,
  where: Sql,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<Page<PipelineRow>> {
  return await readPage<PipelineRow>(db, {
    rows: sql`select ${columns} from ${from} where ${where} order by p.name, p.id limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from ${from} where ${where})`,
  })
}

export async function findPipeline(db: Queryable, id: string): Promise<PipelineRow | undefined> {
  return await db.maybe<PipelineRow>(sql`select ${columns} from ${from} where p.id = ${id}`)
}

/** The workflow has the name of the pipeline, unless another one of the platform has it: then a part of its id follows. */
export async function insertPipeline(trx: Trx, projectId: string, values: PipelineValues): Promise<string> {
  const id = newId()
  const { name, description, is_active, run_frequency, brand_id, pipeline_type_id } = values
  await trx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`pipeline workflow ${name}`}, 0))`)
  await trx.execute(sql`
    insert into pipelines.pipeline (id, project_id, brand_id, pipeline_type_id, name, description, is_active, run_frequency, workflow)
    values (
      ${id}, ${projectId}, ${brand_id}, ${pipeline_type_id}, ${name}, ${description}, ${is_active}, ${run_frequency},
      case
        when exists (select from engine.workflow where name = ${name})
          or exists (select from pipelines.pipeline where workflow = ${name})
        then ${`${name}-${id.slice(-12).toLowerCase()}`}
        else ${name}
      end
    )`)
  return id
}

export async function updatePipeline(trx: Trx, id: string, values: PipelineValues): Promise<void> {
  const { name, description, is_active, run_frequency, brand_id, pipeline_type_id } = values
  await trx.execute(sql`
    update pipelines.pipeline set
      name = ${name}, description = ${description}, is_active = ${is_active}, run_frequency = ${run_frequency},
      brand_id = ${brand_id}, pipeline_type_id = ${pipeline_type_id}
    where id = ${id}`)
}

export async function deletePipeline(trx: Trx, id: string): Promise<void> {
  await trx.execute(sql`delete from pipelines.pipeline where id = ${id}`)
}

/** What is part of a pipeline was changed, and so was the pipeline. */
export async function touchPipeline(trx: Trx, id: string): Promise<void> {
  await trx.execute(sql`update pipelines.pipeline set updated_at = now() where id = ${id}`)
}

export async function insertTransformation(
  trx: Trx,
  pipeline: { readonly id: string; readonly projectId: string },
  { state, templateId, graphOrder, variables }: TransformationValues,
): Promise<string> {
  const id = newId()
  await trx.execute(sql`
    insert into pipelines.transformation (id, project_id, pipeline_id, state, template_id, graph_order, variables)
    values (${id}, ${pipeline.projectId}, ${pipeline.id}, ${state}, ${templateId}, ${graphOrder}, ${sql.json(variables)})`)
  return id
}

export async function updateTransformation(
  trx: Trx,
  id: string,
  { state, templateId, graphOrder, variables }: TransformationValues,
): Promise<void> {
  await trx.execute(sql`
    update pipelines.transformation set
      state = ${state}, template_id = ${templateId}, graph_order = ${graphOrder}, variables = ${sql.json(variables)}
    where id = ${id}`)
}

export async function deleteTransformation(trx: Trx, id: string): Promise<void> {
  await trx.execute(sql`delete from pipelines.transformation where id = ${id}`)
}

export function recordOf(row: PipelineRow): PipelineRecord {
  const { id, name, workflow, description, run_frequency: runFrequency, client, brand, type, segment } = row
  const states = pipelineStates.map((state, graphOrder) => ({
    state,
    graphOrder,
    transformations: row.transformations.filter((transformation) => transformation.state === state),
  }))
  return { id, name, workflow, description, runFrequency, client, brand, type, segment, states }
}
