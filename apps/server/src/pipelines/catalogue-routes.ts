import { z } from '@hono/zod-openapi'
import { checkIfMatch, isNotModified, pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { recordName } from '@millrace/pipelines'
import { change } from '../change.ts'
import { isoTime, time } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { expectPart, expectProject } from './access.ts'
import {
  type CatalogueKind,
  type CatalogueRow,
  deleteInCatalogue,
  findInCatalogue,
  insertInCatalogue,
  listCatalogue,
  pipelinesWith,
  updateInCatalogue,
} from './catalogue-store.ts'
import { explainConstraints } from './constraints.ts'
import { holdProject, lockProject } from './lock-project.ts'
import { publishPipelines } from './publish.ts'
import { displayName, etagOfRow, idParams, lastActor } from './schemas.ts'

const tag = 'pipelines'

interface Kind {
  readonly kind: CatalogueKind
  readonly path: string
  readonly noun: string
  readonly name: string
  readonly plural: string
}

const kinds: readonly Kind[] = [
  { kind: 'client', path: '/api/clients', noun: 'client', name: 'Client', plural: 'Clients' },
  { kind: 'brand', path: '/api/brands', noun: 'brand', name: 'Brand', plural: 'Brands' },
  { kind: 'segment', path: '/api/segments', noun: 'segment', name: 'Segment', plural: 'Segments' },
  {
    kind: 'pipeline_type',
    path: '/api/pipeline-types',
    noun: 'pipeline type',
    name: 'PipelineType',
    plural: 'PipelineTypes',
  },
]

/** Clients with their brands, segments with their types of pipelines: what pipelines are sorted by. */
export function catalogueRoutes(api: ServerApi, context: ServerContext): void {
  for (const kind of kinds) kindRoutes(api, context, kind)
}

/** Fields of the record that it belongs to. */
const parents = {
  client: {},
  brand: { client_id: ulidText },
  segment: {},
  pipeline_type: { segment_id: ulidText.nullable().default(null) },
} as const

function kindRoutes(api: ServerApi, context: ServerContext, { kind, path, noun, name, plural }: Kind): void {
  const { db } = context
  const parent: Readonly<Record<string, z.ZodType>> = parents[kind]
  const [parentField] = Object.keys(parent)
  const schema = z
    .object({
      id: z.string(),
      project_id: z.string(),
      etag: z.string(),
      name: z.string(),
      display_name: z.string().nullable(),
      ...(parentField === undefined ? {} : { [parentField]: z.string().nullable() }),
      created_at: time,
      updated_at: time,
      last_actor: lastActor,
    })
    .openapi(name)
  const present = ({ created_at, updated_at, parent_id, ...row }: CatalogueRow) => ({
    ...row,
    etag: etagOfRow({ id: row.id, updated_at }),
    ...(parentField === undefined ? {} : { [parentField]: parent_id }),
    created_at: isoTime(created_at),
    updated_at: isoTime(updated_at),
  })
  const parentOf = (body: Readonly<Record<string, unknown>>, otherwise: string | null): string | null => {
    const given = parentField === undefined ? undefined : body[parentField]
    return given === undefined ? otherwise : (given as string | null)
  }
  const changes = Object.fromEntries(
    Object.entries(parent).map(([field]) => [
      field,
      kind === 'brand' ? ulidText.optional() : ulidText.nullable().optional(),
    ]),
  )

  api.endpoint(
    {
      ...{ method: 'get', path, operationId: `list${plural}`, tag, access: 'open' },
      summary: `The ${noun}s of a project`,
      query: z.strictObject({ ...pageQuery, project_id: ulidText }),
      answers: { 200: z.array(schema) },
    },
    async ({ principal, query }) => {
      await expectProject(context, db, principal, 'read', query.project_id)
      const { rows, total } = await listCatalogue(db, kind, query.project_id, pageRange(query))
      return { status: 200, body: rows.map(present), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'post', path, operationId: `create${name}`, tag, access: 'user' },
      summary: `Add a ${noun}`,
      body: z.strictObject({
        project_id: ulidText,
        name: recordName,
        display_name: displayName.default(null),
        ...parent,
      }),
      answers: { 201: schema },
    },
    async ({ principal, requestId, body }) => {
      await expectProject(context, db, principal, 'write', body.project_id)
      const row = await explainConstraints(`${noun} "${body.name}"`, 'saving', async () =>
        change(db, { id: principal.id, requestId }, async (trx) => {
          const { name, display_name } = body
          await holdProject(trx, body.project_id)
          return await insertInCatalogue(trx, kind, body.project_id, {
            name,
            display_name,
            parent_id: parentOf(body, null),
          })
        }),
      )
      return { status: 201, body: present(row), headers: { etag: etagOfRow(row) } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{id}`, operationId: `get${name}`, tag, access: 'open' },
      summary: `A ${noun}`,
      params: idParams,
      answers: { 200: schema, 304: null },
    },
    async ({ principal, params: { id }, request }) => {
      const row = await expectPart(context, db, principal, 'read', {
        row: await findInCatalogue(db, kind, id),
        noun,
        id,
      })
      const headers = { etag: etagOfRow(row) }
      if (isNotModified(request, headers.etag)) return { status: 304, headers }
      return { status: 200, body: present(row), headers }
    },
  )

  api.endpoint(
    {
      ...{ method: 'patch', path: `${path}/{id}`, operationId: `update${name}`, tag, access: 'user', ifMatch: true },
      summary: `Change a ${noun}`,
      params: idParams,
      body: z.strictObject({ name: recordName.optional(), display_name: displayName.optional(), ...changes }),
      answers: { 200: schema },
    },
    async ({ principal, requestId, ifMatch, params: { id }, body }) => {
      const row = await explainConstraints(`${noun} "${body.name ?? id}"`, 'saving', async () =>
        change(db, { id: principal.id, requestId }, async (trx) => {
          const find = async () => {
            const found = await findInCatalogue(trx, kind, id)
            return await expectPart(context, trx, principal, 'write', { row: found, noun, id })
          }
          await lockProject(trx, (await find()).project_id)
          const before = await find()
          checkIfMatch(ifMatch, etagOfRow(before))
          const after = await updateInCatalogue(trx, kind, id, {
            name: body.name ?? before.name,
            display_name: body.display_name === undefined ? before.display_name : body.display_name,
            parent_id: parentOf(body, before.parent_id),
          })
          await publishPipelines(trx, context, pipelinesWith(kind, id))
          return after
        }),
      )
      return { status: 200, body: present(row), headers: { etag: etagOfRow(row) } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'delete', path: `${path}/{id}`, operationId: `delete${name}`, tag, access: 'user' },
      summary: `Remove a ${noun} that nothing uses`,
      params: idParams,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { id } }) => {
      await explainConstraints(noun, 'removing', async () =>
        change(db, { id: principal.id, requestId }, async (trx) => {
          const found = await findInCatalogue(trx, kind, id)
          const { project_id } = await expectPart(context, trx, principal, 'write', { row: found, noun, id })
          await lockProject(trx, project_id)
          await deleteInCatalogue(trx, kind, id)
        }),
      )
      return { status: 204 }
    },
  )
}
