import { z } from '@hono/zod-openapi'
import { isMillraceError } from '@millrace/core'
import { checkIfMatch, conflict, etagOf, isNotModified, withoutNulls } from '@millrace/http'
import { change } from '../change.ts'
import { isoTime, text, time } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { deleteSlot, findSlot, insertSlot, listSlots, lockSlot, type Slot, saveSlot } from './slot-store.ts'
import { requireProject, requireSlotProject } from './visible-project.ts'

const tag = 'session-secrets'
const params = z.strictObject({ id: ulidText })

const name = text(99).min(1)
const description = text(500)
const filename = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?!\.{1,2}$)[a-zA-Z0-9_\-.]+$/, 'has to consist of letters, digits, "_", "-" and "."')

const slotSchema = z
  .object({
    id: ulidText,
    project_id: ulidText,
    name: z.string(),
    description: z.string().optional(),
    filename: z.string(),
    etag: z.string(),
    created_by: z.string(),
    creation_date: time,
    updated_at: time,
  })
  .openapi('SessionSecretSlot')

/** Files that sessions of a project expect, into which each user puts a secret of their own. */
export function slotRoutes(api: ServerApi, context: ServerContext): void {
  const { db } = context

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/projects/{id}/session_secret_slots',
      operationId: 'listSessionSecretSlots',
      tag,
      access: 'open',
      summary: 'Slots for session secrets of a project',
      params,
      answers: { 200: z.array(slotSchema) },
    },
    async ({ principal, params: { id } }) => {
      await requireProject(db, context, principal, 'read', id)
      return { status: 200, body: (await listSlots(db, id)).map(present) }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/session_secret_slots',
      operationId: 'createSessionSecretSlot',
      tag,
      access: 'user',
      summary: 'Add a slot to a project',
      body: z.strictObject({
        project_id: ulidText,
        name: name.optional(),
        description: description.optional(),
        filename,
      }),
      answers: { 201: slotSchema },
    },
    async ({ principal, requestId, body }) => {
      const { project_id: projectId, filename } = body
      const content = { name: body.name ?? filename, description: body.description || null, filename }
      const slot = await change(db, { id: principal.id, requestId }, async (trx) => {
        await requireProject(trx, context, principal, 'write', projectId)
        return await insertSlot(trx, { projectId, createdBy: principal.id, ...content })
      }).catch(filenameTaken(filename))
      return { status: 201, body: present(slot), headers: { etag: etag(slot) } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/session_secret_slots/{id}',
      operationId: 'getSessionSecretSlot',
      tag,
      access: 'open',
      summary: 'A slot for session secrets',
      params,
      answers: { 200: slotSchema, 304: null },
    },
    async ({ principal, params: { id }, request }) => {
      const slot = await findSlot(db, id)
      await requireSlotProject(db, context, principal, 'read', { id, projectId: slot?.projectId ?? null })
      if (slot === null) throw new Error('A slot that is not there has no project.')
      const headers = { etag: etag(slot) }
      if (isNotModified(request, headers.etag)) return { status: 304, headers }
      return { status: 200, body: present(slot), headers }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/data/session_secret_slots/{id}',
      operationId: 'updateSessionSecretSlot',
      tag,
      access: 'user',
      ifMatch: true,
      summary: 'Change a slot; secrets that users put into it stay there',
      params,
      body: z.strictObject({
        name: name.optional(),
        description: description.optional(),
        filename: filename.optional(),
      }),
      answers: { 200: slotSchema },
    },
    async ({ principal, requestId, params: { id }, body, ifMatch }) => {
      const slot = await change(db, { id: principal.id, requestId }, async (trx) => {
        const before = await lockSlot(trx, id)
        await requireSlotProject(trx, context, principal, 'write', { id, projectId: before?.projectId ?? null })
        if (before === null) throw new Error('A slot that is not there has no project.')
        checkIfMatch(ifMatch, etag(before))
        return await saveSlot(trx, id, {
          name: body.name ?? before.name,
          description: body.description === undefined ? before.description : body.description || null,
          filename: body.filename ?? before.filename,
        })
      }).catch(filenameTaken(body.filename ?? ''))
      return { status: 200, body: present(slot), headers: { etag: etag(slot) } }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/data/session_secret_slots/{id}',
      operationId: 'deleteSessionSecretSlot',
      tag,
      access: 'user',
      summary: 'Remove a slot; the secrets of users stay theirs',
      params,
      answers: { 204: null },
    },
    async ({ principal, requestId, params: { id } }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        const before = await lockSlot(trx, id)
        await requireSlotProject(trx, context, principal, 'write', { id, projectId: before?.projectId ?? null })
        await deleteSlot(trx, id)
      })
      return { status: 204 }
    },
  )
}

function etag({ updatedAt }: Slot): string {
  return etagOf(updatedAt.toISOString())
}

function filenameTaken(filename: string) {
  return (error: unknown): never => {
    if (isMillraceError(error) && error.details.constraint === 'session_secret_slot_filename') {
      throw conflict(
        'SLOT_FILENAME_TAKEN',
        `The project has a slot with the file name "${filename}" already. Choose another one.`,
      )
    }
    throw error
  }
}

function present(slot: Slot): z.input<typeof slotSchema> {
  return withoutNulls({
    id: slot.id,
    project_id: slot.projectId,
    name: slot.name,
    description: slot.description,
    filename: slot.filename,
    etag: etag(slot),
    created_by: slot.createdBy,
    creation_date: isoTime(slot.creationDate),
    updated_at: isoTime(slot.updatedAt),
  })
}
