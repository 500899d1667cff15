import { type Queryable, sql, type Trx } from '@millrace/db'
import type { PipelineState, VariableStructures } from '@millrace/pipelines'
import type { Json } from '@millrace/workflow'
import { newId } from '../ids.ts'
import { type Page, readPage } from '../read-page.ts'

export interface TemplateValues {
  readonly name: string
  readonly description: string | null
  readonly state: PipelineState | null
  readonly operator: string
  readonly config: { readonly [field: string]: Json }
  readonly variable_structures: VariableStructures
  readonly tags: readonly string[]
}

export interface TemplateRow extends TemplateValues {
  readonly id: string
  readonly project_id: string
  readonly created_at: Date
  readonly updated_at: Date
  readonly last_actor: string
}

const columns = sql`
  id, project_id, name, description, state, operator, config, variable_structures, tags, created_at, updated_at,
  last_actor`

export async function listTemplates(
  db: Queryable,
  {
    projectId,
    state,
    tag,
  }: { readonly projectId: string; readonly state?: string | undefined; readonly tag?: string | undefined },
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<Page<TemplateRow>> {
  const where = sql`
    project_id = ${projectId} and (${state ?? null}::text is null or state = ${state ?? null} or state is null)
    and (${tag ?? null}::text is null or ${tag ?? null} = any(tags))`
  return await readPage<TemplateRow>(db, {
    rows: sql`select ${columns} from pipelines.template where ${where} order by name, id limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from pipelines.template where ${where})`,
  })
}

export async function readTemplates(db: Queryable, projectId: string): Promise<readonly TemplateRow[]> {
  return await db.query<TemplateRow>(
    sql`select ${columns} from pipelines.template where project_id = ${projectId} order by name`,
  )
}

export async function findTemplate(db: Queryable, id: string): Promise<TemplateRow | undefined> {
  return await db.maybe<TemplateRow>(sql`select ${columns} from pipelines.template where id = ${id}`)
}

export async function insertTemplate(trx: Trx, projectId: string, values: TemplateValues): Promise<TemplateRow> {
  return await trx.one<TemplateRow>(sql`
    insert into pipelines.template (id, project_id, name, description, state, operator, config, variable_structures, tags)
    values (
      ${newId()}, ${projectId}, ${values.name}, ${values.description}, ${values.state}, ${values.operator},
      ${sql.json(values.config)}, ${sql.json(values.variable_structures)}, ${values.tags}
    )
    returning ${columns}`)
}

export async function updateTemplate(trx: Trx, id: string, values: TemplateValues): Promise<TemplateRow> {
  return await trx.one<TemplateRow>(sql`
    update pipelines.template set
      name = ${values.name}, description = ${values.description}, state = ${values.state}, operator = ${values.operator},
      config = ${sql.json(values.config)}, variable_structures = ${sql.json(values.variable_structures)}, tags = ${values.tags}
    where id = ${id} returning ${columns}`)
}

export async function deleteTemplate(trx: Trx, id: string): Promise<void> {
  await trx.execute(sql`delete from pipelines.template where id = ${id}`)
}
