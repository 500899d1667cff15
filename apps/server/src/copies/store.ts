import { type Queryable, type Sql, sql } from '@millrace/db'
import { listWorkflows, type WorkflowSummary } from '../workflows/index.ts'
import { copyCategory, workflowOfCopy } from './compile-copy.ts'

/** Of `engine.workflow w` with its current version `v`: one transfer and nothing else, under the name of a copy. */
const isCopy = sql`
  starts_with(w.name, ${workflowOfCopy('')}) and v.manifest ->> 'category' = ${copyCategory}
  and jsonb_array_length(v.manifest -> 'nodes') = 1 and v.manifest #>> '{nodes,0,operator,name}' = 'transfer'`

/** @param where On `engine.workflow w`: what the caller may see. */
export async function listCopies(
  db: Queryable,
  { project, where }: { readonly project: string; readonly where: Sql },
  range: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly WorkflowSummary[]; readonly total: number }> {
  return await listWorkflows(db, { project, where: sql`${where} and ${isCopy}` }, range)
}

export async function findCopy(
  db: Queryable,
  { project, name }: { readonly project: string; readonly name: string },
): Promise<WorkflowSummary | undefined> {
  const where = sql`w.name = ${workflowOfCopy(name)} and ${isCopy}`
  const { rows } = await listWorkflows(db, { project, where }, { limit: 1, offset: 0 })
  return rows[0]
}

/** What templates of the project's runs see. */
export async function readVariables(db: Queryable, project: string): Promise<Readonly<Record<string, unknown>>> {
  const { variables } = await db.one<{ variables: Record<string, unknown> }>(sql`
    select (select coalesce(jsonb_object_agg(name, value), '{}') from engine.variable)
      || (select coalesce(jsonb_object_agg(name, value), '{}') from engine.project_variable where project_id = ${project})
      as variables`)
  return variables
}
