import { z } from '@hono/zod-openapi'
import type { Trx } from '@millrace/db'
import { invalid, withoutNulls } from '@millrace/http'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import { createUserSecret, findUserSecret, secretMissing, secretValue, updateUserSecret } from '../secrets/index.ts'
import type { ServerContext } from '../server-context.ts'
import { ensureUser } from '../users/index.ts'
import {
  linkSecret,
  listSessionSecrets,
  type OfUser,
  type SessionSecret,
  unlinkAll,
  unlinkSecret,
} from './session-secret-store.ts'
import { listSlots, type Slot } from './slot-store.ts'
import { requireProject } from './visible-project.ts'

const tag = 'session-secrets'
const path = '/api/data/projects/{id}/session_secrets'
const access = 'user'
const params = z.strictObject({ id: ulidText })

const sessionSecretSchema = z
  .object({
    secret_slot: z.object({
      id: ulidText,
      name: z.string(),
      description: z.string().optional(),
      filename: z.string(),
    }),
    secret_id: ulidText,
  })
  .openapi('SessionSecret')

const patch = z
  .strictObject({ secret_slot_id: ulidText, secret_id: ulidText.optional(), value: secretValue.nullable().optional() })
  .refine(
    ({ secret_id, value }) => (secret_id === undefined) !== (value === undefined),
    'has to have either a secret_id or a value',
  )

type Patch = z.output<typeof patch>

/** What the caller has put into the slots of a project; nobody else sees it. */
export function linkRoutes(api: ServerApi, context: ServerContext): void {
  const { db } = context

  api.endpoint(
    {
      method: 'get',
      path,
      operationId: 'listSessionSecrets',
      tag,
      access,
      summary: 'Which secrets of the caller sessions of a project get',
      params,
      answers: { 200: z.array(sessionSecretSchema) },
    },
    async ({ principal, params: { id } }) => {
      await requireProject(db, context, principal, 'read', id)
      const secrets = await listSessionSecrets(db, { projectId: id, userId: principal.id })
      return { status: 200, body: secrets.map(present) }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path,
      operationId: 'patchSessionSecrets',
      tag,
      access,
      summary: 'Put secrets of the caller into slots, or values that become secrets; null takes them out',
      params,
      body: z.array(patch).max(100),
      answers: { 200: z.array(sessionSecretSchema) },
    },
    async ({ principal, requestId, params: { id: projectId }, body }) => {
      const { id: userId } = await ensureUser(context, principal)
      const of = { projectId, userId }
      const secrets = await change(db, { id: principal.id, requestId }, async (trx) => {
        await requireProject(trx, context, principal, 'read', projectId)
        const slots = await slotsOf(trx, projectId, body)
        const before = new Map((await listSessionSecrets(trx, of)).map(({ slotId, secretId }) => [slotId, secretId]))
        for (const one of body) {
          const slot = slots.get(one.secret_slot_id)
          if (slot !== undefined) await apply(trx, context, of, one, { slot, secretId: before.get(slot.id) })
        }
        return await listSessionSecrets(trx, of)
      })
      return { status: 200, body: secrets.map(present) }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path,
      operationId: 'deleteSessionSecrets',
      tag,
      access,
      summary: 'Take the secrets of the caller out of all slots of a project; the secrets stay',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { id: projectId } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        await requireProject(trx, context, principal, 'read', projectId)
        await unlinkAll(trx, { projectId, userId: principal.id })
      })
      return { status: 204 }
    },
  )
}

async function slotsOf(trx: Trx, projectId: string, body: readonly Patch[]): Promise<Map<string, Slot>> {
  const slots = new Map((await listSlots(trx, projectId)).map((slot) => [slot.id, slot]))
  const ids = body.map(({ secret_slot_id }) => secret_slot_id)
  const unknown = ids.find((id) => !slots.has(id))
  if (unknown !== undefined) throw invalid('SLOT_UNKNOWN', `The project has no slot ${unknown} for session secrets.`)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw invalid('SLOT_DUPLICATE', `The slot ${twice} is named twice. Name each slot once.`)
  return slots
}

async function apply(
  trx: Trx,
  context: ServerContext,
  { userId }: OfUser,
  { secret_id, value }: Patch,
  { slot, secretId }: { readonly slot: Slot; readonly secretId: string | undefined },
): Promise<void> {
  if (secret_id !== undefined) {
    if ((await findUserSecret(trx, { userId, id: secret_id })) === null) throw secretMissing(secret_id)
    await linkSecret(trx, { slotId: slot.id, userId, secretId: secret_id })
  } else if (value === null || value === undefined) {
    await unlinkSecret(trx, { slotId: slot.id, userId })
  } else if (secretId !== undefined) {
    await updateUserSecret(trx, context, { userId, id: secretId, value })
  } else {
    const secret = await createUserSecret(trx, context, { userId, kind: 'general', name: slot.name, value })
    await linkSecret(trx, { slotId: slot.id, userId, secretId: secret.id })
  }
}

function present({
  slotId,
  name,
  description,
  filename,
  secretId,
}: SessionSecret): z.input<typeof sessionSecretSchema> {
  return { secret_slot: withoutNulls({ id: slotId, name, description, filename }), secret_id: secretId }
}
