import { z } from '@hono/zod-openapi'
import { isMillraceError } from '@millrace/core'
import { conflict, invalid, notFound, pageHeaders, pageQuery, pageRange, withoutNulls } from '@millrace/http'
import { change } from '../change.ts'
import { isoTime, plainName, text, time } from '../common-schemas.ts'
import { newId, ulidText } from '../ids.ts'
import { findNamespace } from '../namespaces/index.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import { findProject, projectRef } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'
import { slugInPath } from '../slugs.ts'
import {
  deleteTaskSecret,
  insertTaskSecret,
  listTaskSecrets,
  lockTaskSecret,
  saveTaskSecret,
  type TaskSecret,
  type TaskSecretPlace,
} from './task-secret-store.ts'
import { prepareValue } from './task-secret-values.ts'
import { expiryTime, secretValue } from './user-secret-routes.ts'

const tag = 'secrets'

const secretSchema = z
  .object({
    id: ulidText,
    name: z.string(),
    description: z.string().optional(),
    expires_at: time.optional(),
    created_by: z.string(),
    created_at: time,
    updated_at: time,
    last_used_at: time.optional().openapi({ description: 'By a task, to the minute.' }),
  })
  .openapi('TaskSecret')

const description = text(500)
const secretId = { secret: ulidText }

/** Finds what the secrets belong to; for whoever may not write there it is not there. */
type FindPlace<Params> = (caller: UserPrincipal, params: Params) => Promise<TaskSecretPlace>

/** Secrets that tasks ask for by name. Whoever may write where they belong sees that there are some, nobody sees values. */
export function taskSecretRoutes(api: ServerApi, context: ServerContext): void {
  const { db, authz } = context
  const project: FindPlace<{ id: string }> = async (caller, { id }) => {
    const found = await findProject(db, id)
    if (found !== null && (await authz.can(db, caller, 'write', projectRef(id)))) return { kind: 'project', id }
    throw notFound('PROJECT_MISSING', `There is no project ${id}, or you may not change its secrets.`)
  }
  const namespace: FindPlace<{ slug: string }> = async (caller, { slug }) => {
    const found = await findNamespace(db, slug)
    if (found !== null && (await authz.can(db, caller, 'write', found.ref))) return { kind: 'namespace', id: found.id }
    throw notFound('NAMESPACE_MISSING', `There is no namespace "${slug}", or you may not change its secrets.`)
  }
  const platform: FindPlace<Record<never, never>> = async () => ({ kind: 'platform' })
  routesOf(
    api,
    context,
    { path: '/api/projects/{id}/secrets', name: 'Project', access: 'user' },
    { id: ulidText },
    project,
  )
  routesOf(
    ...([api, context, { path: '/api/namespaces/{slug}/secrets', name: 'Namespace', access: 'user' }] as const),
    ...([{ slug: slugInPath }, namespace] as const),
  )
  routesOf(api, context, { path: '/api/platform/secrets', name: 'Platform', access: 'admin' }, {}, platform)
}

function routesOf<Shape extends z.ZodRawShape>(
  api: ServerApi,
  context: ServerContext,
  { path, name, access }: { readonly path: string; readonly name: string; readonly access: 'user' | 'admin' },
  shape: Shape,
  findPlace: FindPlace<z.output<z.ZodObject<Shape>>>,
): void {
  const { db } = context
  const ofPlace = z.strictObject(shape) as unknown as z.ZodType<z.output<z.ZodObject<Shape>>>
  const ofSecret = z.strictObject({ ...shape, ...secretId }) as unknown as z.ZodType<
    z.output<z.ZodObject<Shape>> & { secret: string }
  >
  const where = `the ${name.toLowerCase()}`

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: `list${name}Secrets`,
      tag,
      access,
      summary: `Secrets that tasks of ${where} can ask for, without their values`,
      params: ofPlace,
      query: z.strictObject(pageQuery),
      answers: { 200: z.array(secretSchema) },
    },
    async ({ principal, params, query }) => {
      const { rows, total } = await listTaskSecrets(db, await findPlace(principal, params), pageRange(query))
      return { status: 200, body: rows.map(present), headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path,
      operationId: `create${name}Secret`,
      tag,
      access,
      summary: `Keep a secret for tasks of ${where}`,
      params: ofPlace,
      body: z.strictObject({
        name: plainName,
        value: secretValue,
        description: description.optional(),
        expires_at: expiryTime.optional(),
      }),
      answers: { 201: secretSchema },
    },
    async ({ principal, params, requestId, body }) => {
      const place = await findPlace(principal, params)
      const expiresAt = futureTime(body.expires_at) ?? null
      const keep = await prepareValue(context, place, body.value)
      const secret = await change(db, { id: principal.id, requestId }, async (trx) => {
        const value = await keep(trx)
        const row = { id: newId(), name: body.name, description: body.description || null, expiresAt }
        return await insertTaskSecret(trx, place, { ...row, createdBy: principal.id, ...value })
      }).catch((error) => {
        if (isMillraceError(error) && error.code === 'DATABASE_UNIQUE_VIOLATION') {
          throw conflict(
            'SECRET_NAME_TAKEN',
            `There is a secret "${body.name}" already. Change it, or choose another name.`,
          )
        }
        throw error
      })
      return { status: 201, body: present(secret) }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: `${path}/{secret}`,
      operationId: `update${name}Secret`,
      tag,
      access,
      summary: 'Change the value of a secret, or what is said about it',
      description: 'A new value does not expire, unless a time is given with it.',
      params: ofSecret,
      body: z.strictObject({
        value: secretValue.optional(),
        description: description.optional(),
        expires_at: expiryTime.nullable().optional(),
      }),
      answers: { 200: secretSchema },
    },
    async ({ principal, params, requestId, body }) => {
      const place = await findPlace(principal, params)
      const given = futureTime(body.expires_at)
      const keep = body.value === undefined ? null : await prepareValue(context, place, body.value)
      const secret = await change(db, { id: principal.id, requestId }, async (trx) => {
        const before = await lockTaskSecret(trx, place, params.secret)
        if (before === null) throw missing(params.secret)
        const value = keep === null ? before : await keep(trx)
        const kept = body.value === undefined ? before.expiresAt : null
        return await saveTaskSecret(trx, {
          ...{
            id: before.id,
            description: body.description === undefined ? before.description : body.description || null,
          },
          ...{ expiresAt: given === undefined ? kept : given },
          ...{ store: value.store, sealedId: value.sealedId, externalId: value.externalId },
        })
      })
      return { status: 200, body: present(secret) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: `${path}/{secret}`,
      operationId: `delete${name}Secret`,
      tag,
      access,
      summary: 'Remove a secret: tasks that ask for it fail from now on',
      params: ofSecret,
      answers: { 204: null },
    },
    async ({ principal, params, requestId }) => {
      const place = await findPlace(principal, params)
      const isGone = await change(db, { id: principal.id, requestId }, async (trx) =>
        deleteTaskSecret(trx, place, params.secret),
      )
      if (!isGone) throw missing(params.secret)
      return { status: 204 }
    },
  )
}

function futureTime(given: string | null | undefined): Date | null | undefined {
  if (typeof given !== 'string') return given
  const time = new Date(given)
  if (time > new Date()) return time
  throw invalid('EXPIRY_PASSED', `The secret would expire at ${given}, which has passed.`)
}

function missing(id: string) {
  return notFound('SECRET_MISSING', `There is no secret ${id} here.`)
}

function present(secret: TaskSecret): z.input<typeof secretSchema> {
  return withoutNulls({
    id: secret.id,
    name: secret.name,
    description: secret.description,
    expires_at: isoTime(secret.expiresAt),
    created_by: secret.createdBy,
    created_at: isoTime(secret.createdAt),
    updated_at: isoTime(secret.updatedAt),
    last_used_at: isoTime(secret.lastUsedAt),
  })
}
