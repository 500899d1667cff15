import { type Queryable, type Sql, sql, type Trx } from '@millrace/db'
import { newId } from '../ids.ts'
import { type Page, readPage } from '../read-page.ts'

/** The plain records that pipelines are sorted by. */
export type CatalogueKind = 'client' | 'brand' | 'segment' | 'pipeline_type'

export interface CatalogueRow {
  readonly id: string
  readonly project_id: string
  readonly name: string
  readonly display_name: string | null
  /** Of a brand its client, of a pipeline type its segment. */
  readonly parent_id: string | null
  readonly created_at: Date
  readonly updated_at: Date
  readonly last_actor: string
}

export type CatalogueValues = Pick<CatalogueRow, 'name' | 'display_name' | 'parent_id'>

const parentColumns: Readonly<Record<CatalogueKind, Sql | null>> = {
  client: null,
  brand: sql`client_id`,
  segment: null,
  pipeline_type: sql`segment_id`,
}

const tableOf = (kind: CatalogueKind) => sql.identifier('pipelines', kind)
const columnsOf = (kind: CatalogueKind) => sql`
  id, project_id, name, display_name, ${parentColumns[kind] ?? sql`null::text`} as parent_id, created_at, updated_at,
  last_actor`

export async function listCatalogue(
  db: Queryable,
  kind: CatalogueKind,
  projectId: string,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<Page<CatalogueRow>> {
  const where = sql`project_id = ${projectId}`
  return await readPage<CatalogueRow>(db, {
    rows: sql`select ${columnsOf(kind)} from ${tableOf(kind)} where ${where} order by name, id limit ${limit} offset ${offset}`,
    total: sql`(select count(*) from ${tableOf(kind)} where ${where})`,
  })
}

export async function readCatalogue(
  db: Queryable,
  kind: CatalogueKind,
  projectId: string,
): Promise<readonly CatalogueRow[]> {
  return await db.query<CatalogueRow>(
    sql`select ${columnsOf(kind)} from ${tableOf(kind)} where project_id = ${projectId} order by name, id`,
  )
}

export async function findInCatalogue(
  db: Queryable,
  kind: CatalogueKind,
  id: string,
): Promise<CatalogueRow | undefined> {
  return await db.maybe<CatalogueRow>(sql`select ${columnsOf(kind)} from ${tableOf(kind)} where id = ${id}`)
}

export async function insertInCatalogue(
  trx: Trx,
  kind: CatalogueKind,
  projectId: string,
  { name, display_name, parent_id }: CatalogueValues,
): Promise<CatalogueRow> {
  const parent = parentColumns[kind]
  const column = parent === null ? sql`` : sql`, ${parent}`
  const value = parent === null ? sql`` : sql`, ${parent_id}::text`
  return await trx.one<CatalogueRow>(sql`
    insert into ${tableOf(kind)} (id, project_id, name, display_name${column})
    values (${newId()}, ${projectId}, ${name}, ${display_name}${value})
    returning ${columnsOf(kind)}`)
}

export async function updateInCatalogue(
  trx: Trx,
  kind: CatalogueKind,
  id: string,
  { name, display_name, parent_id }: CatalogueValues,
): Promise<CatalogueRow> {
  const parent = parentColumns[kind]
  const change = parent === null ? sql`` : sql`, ${parent} = ${parent_id}::text`
  return await trx.one<CatalogueRow>(sql`
    update ${tableOf(kind)} set name = ${name}, display_name = ${display_name}${change}
    where id = ${id} returning ${columnsOf(kind)}`)
}

export async function deleteInCatalogue(trx: Trx, kind: CatalogueKind, id: string): Promise<void> {
  await trx.execute(sql`delete from ${tableOf(kind)} where id = ${id}`)
}

/** Pipelines that a record is part of, as a condition on `p`, `b` and `t` of the statement that reads pipelines. */
export function pipelinesWith(kind: CatalogueKind, id: string): Sql {
  switch (kind) {
    case 'client':
      return sql`b.client_id = ${id}`
    case 'brand':
      return sql`p.brand_id = ${id}`
    case 'segment':
      return sql`t.segment_id = ${id}`
    case 'pipeline_type':
      return sql`p.pipeline_type_id = ${id}`
  }
}
