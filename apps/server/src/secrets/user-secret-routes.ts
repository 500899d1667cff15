import { z } from '@hono/zod-openapi'
import { pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { change } from '../change.ts'
import { isoTime, text, time } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { ensureUser } from '../users/index.ts'
import { createUserSecret, secretMissing, updateUserSecret } from './user-secret-service.ts'
import {
  deleteUserSecret,
  findUserSecret,
  listUserSecrets,
  readUses,
  type UserSecret,
  type Uses,
} from './user-secret-store.ts'

const tag = 'secrets'
const access = 'user'
const params = z.strictObject({ id: ulidText })

/** Values are never answered. */
export const secretValue = text(5000).min(1).openapi({ writeOnly: true })

export const expiryTime = z.iso.datetime({
  offset: true,
  error: 'has to be a time with its zone, such as 2030-01-31T00:00:00Z',
})

const name = text(99).min(1)
const filename = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?!\.{1,2}$)[a-zA-Z0-9_\-.]*$/, 'has to consist of letters, digits, "_", "-" and "."')
const kind = z.enum(['general', 'storage'])

const secretSchema = z
  .object({
    id: ulidText,
    name: z.string(),
    kind,
    default_filename: z.string(),
    expiration_timestamp: time.nullable(),
    modification_date: time,
    session_secret_slot_ids: z.array(ulidText),
    data_connector_ids: z.array(ulidText),
  })
  .openapi('UserSecret')

const unused: Uses = { sessionSecretSlotIds: [], dataConnectorIds: [] }

/** Secrets of whoever calls; nobody else sees them, administrators neither. */
export function userSecretRoutes(api: ServerApi, context: ServerContext): void {
  const { db } = context

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/user/secrets',
      operationId: 'listUserSecrets',
      tag,
      access,
      summary: 'Secrets of the caller, without their values',
      query: z.strictObject({ ...pageQuery, kind: kind.optional().default('general') }),
      answers: { 200: z.array(secretSchema) },
    },
    async ({ principal, query }) => {
      const { rows, total } = await listUserSecrets(db, { userId: principal.id, kind: query.kind, ...pageRange(query) })
      const uses = await readUses(
        db,
        rows.map(({ id }) => id),
      )
      const body = rows.map((row) => present(row, uses.get(row.id)))
      return { status: 200, body, headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/user/secrets',
      operationId: 'createUserSecret',
      tag,
      access,
      summary: 'Keep a secret',
      description: 'The value can be changed and used, and never be read again.',
      body: z.strictObject({
        name,
        value: secretValue,
        kind: kind.optional(),
        default_filename: filename.optional(),
        expiration_timestamp: expiryTime.nullable().optional(),
      }),
      answers: { 201: secretSchema },
    },
    async ({ principal, requestId, body }) => {
      const { id: userId } = await ensureUser(context, principal)
      const secret = await change(db, { id: userId, requestId }, async (trx) =>
        createUserSecret(trx, context, {
          ...{ userId, name: body.name, value: body.value, kind: body.kind ?? 'general' },
          ...{ defaultFilename: body.default_filename, expirationTimestamp: dateOf(body.expiration_timestamp) },
        }),
      )
      return { status: 201, body: present(secret) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/user/secrets/{id}',
      operationId: 'getUserSecret',
      tag,
      access,
      summary: 'A secret of the caller, without its value',
      params,
      answers: { 200: secretSchema },
    },
    async ({ principal, params: { id } }) => {
      const secret = await findUserSecret(db, { userId: principal.id, id })
      if (secret === null) throw secretMissing(id)
      return { status: 200, body: present(secret, (await readUses(db, [id])).get(id)) }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/data/user/secrets/{id}',
      operationId: 'updateUserSecret',
      tag,
      access,
      summary: 'Change a secret, or its value',
      description: 'A new value does not expire, unless a time is given with it.',
      params,
      body: z.strictObject({
        name: name.optional(),
        value: secretValue.optional(),
        default_filename: filename.optional(),
        expiration_timestamp: expiryTime.nullable().optional(),
      }),
      answers: { 200: secretSchema },
    },
    async ({ principal: { id: userId }, requestId, params: { id }, body }) => {
      const secret = await change(db, { id: userId, requestId }, async (trx) =>
        updateUserSecret(trx, context, {
          ...{ userId, id, name: body.name, value: body.value },
          ...{ defaultFilename: body.default_filename, expirationTimestamp: dateOf(body.expiration_timestamp) },
        }),
      )
      return { status: 200, body: present(secret, (await readUses(db, [id])).get(id)) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/data/user/secrets/{id}',
      operationId: 'deleteUserSecret',
      tag,
      access,
      summary: 'Remove a secret, wherever it is used',
      params,
      answers: { 204: null },
    },
    async ({ principal: { id: userId }, requestId, params: { id } }) => {
      const isGone = await change(db, { id: userId, requestId }, async (trx) => deleteUserSecret(trx, { userId, id }))
      if (!isGone) throw secretMissing(id)
      return { status: 204 }
    },
  )
}

function dateOf(time: string | null | undefined): Date | null | undefined {
  return typeof time === 'string' ? new Date(time) : time
}

function present(secret: UserSecret, uses: Uses = unused): z.input<typeof secretSchema> {
  return {
    id: secret.id,
    name: secret.name,
    kind: secret.kind,
    default_filename: secret.defaultFilename,
    expiration_timestamp: isoTime(secret.expirationTimestamp),
    modification_date: isoTime(secret.modificationDate),
    session_secret_slot_ids: [...uses.sessionSecretSlotIds],
    data_connector_ids: [...uses.dataConnectorIds],
  }
}
