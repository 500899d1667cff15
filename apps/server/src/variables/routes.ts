import { z } from '@hono/zod-openapi'
import { sql } from '@millrace/db'
import { notFound, pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { json, plainName } from '../common-schemas.ts'
import type { ServerApi, ServerContext } from '../server-context.ts'

const tag = 'variables'
const access = 'user'
const params = z.strictObject({ variable: plainName })
const variableSchema = z.object({ name: z.string(), value: json }).openapi('Variable')

interface VariableRow {
  readonly name: string
  readonly value: unknown
}

/** Values for templates and tasks. A run sees them as they were when it was made. They are no place for secrets. */
export function variableRoutes(api: ServerApi, { engine: { db } }: ServerContext): void {
  api.endpoint(
    {
      method: 'get',
      path: '/api/variables',
      operationId: 'listVariables',
      tag,
      access,
      summary: 'Variables by name',
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(variableSchema) },
    },
    async ({ query }) => {
      const { limit, offset } = pageRange(query)
      const rows = await db.query<VariableRow>(
        sql`select name, value from engine.variable order by name limit ${limit} offset ${offset}`,
      )
      const { total } = await db.one<{ total: number }>(sql`select count(*) as total from engine.variable`)
      return { status: 200, body: rows, headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/variables/{variable}',
      operationId: 'getVariable',
      tag,
      access,
      summary: 'A variable',
      params,
      answers: { 200: variableSchema },
    },
    async ({ params: { variable } }) => {
      const row = await db.maybe<VariableRow>(sql`select name, value from engine.variable where name = ${variable}`)
      if (row === undefined) throw missing(variable)
      return { status: 200, body: row }
    },
  )

  api.endpoint(
    {
      method: 'put',
      path: '/api/variables/{variable}',
      operationId: 'putVariable',
      tag,
      access,
      summary: 'Set a variable, for runs that are made from now on',
      params,
      body: z.strictObject({ value: z.unknown().refine((value) => value !== undefined, 'is missing') }),
      answers: { 200: variableSchema, 201: variableSchema },
    },
    async ({ params: { variable }, body: { value } }) => {
      const { is_new } = await db.one<{ is_new: boolean }>(sql`
        insert into engine.variable (name, value) values (${variable}, ${sql.json(value)})
        on conflict (name) do update set value = excluded.value
        returning xmax = 0 as is_new`)
      return { status: is_new ? 201 : 200, body: { name: variable, value } }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/variables/{variable}',
      operationId: 'deleteVariable',
      tag,
      access,
      summary: 'Remove a variable',
      params,
      answers: { 204: null },
    },
    async ({ params: { variable } }) => {
      if ((await db.execute(sql`delete from engine.variable where name = ${variable}`)) === 0) throw missing(variable)
      return { status: 204 }
    },
  )
}

function missing(name: string) {
  return notFound('VARIABLE_MISSING', `There is no variable "${name}".`)
}
