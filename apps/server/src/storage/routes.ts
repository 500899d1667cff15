import { z } from '@hono/zod-openapi'
import { forbidden, invalid, notFound } from '@millrace/http'
import type { Caller } from '../authz/index.ts'
import { change } from '../change.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi } from '../principals.ts'
import { projectRef } from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'
import { storageSchemaRoutes } from './schema-routes.ts'
import {
  changedStorage,
  newStorage,
  newStorageFields,
  presentSensitive,
  presentStorage,
  sensitiveFields,
  storageChangeFields,
  storageFields,
} from './storage-input.ts'
import {
  type CloudStorage,
  deleteStorage,
  findStorage,
  insertStorage,
  listStorages,
  lockStorage,
  updateStorage,
} from './store.ts'

const tag = 'storage'
const params = z.strictObject({ storage_id: ulidText })
const name = z
  .string()
  .min(3)
  .max(99)
  .regex(/^[a-zA-Z0-9_-]+$/, 'has to consist of letters, digits, "_" and "-"')

const cloudStorageSchema = z
  .object({
    storage: z.object({ storage_id: z.string(), project_id: z.string(), name: z.string(), ...storageFields }),
    sensitive_fields: sensitiveFields,
  })
  .openapi('CloudStorage')

/** Storage of the first generation, which belongs to one project. */
export function storageRoutes(api: ServerApi, context: ServerContext): void {
  storageSchemaRoutes(api, context)
  const { db, authz } = context

  /** 403 also for a project that there is not, so that nobody learns which there are. */
  const demandWrite = async (caller: Caller, projectId: string) => {
    if (await authz.can(db, caller, 'write', projectRef(projectId))) return
    throw forbidden('FORBIDDEN', 'You may not change the storage of this project.')
  }
  const checked = async (caller: Caller, permission: 'read' | 'write', id: string, storage: CloudStorage | null) => {
    if (storage === null || !(await authz.can(db, caller, 'read', projectRef(storage.projectId)))) {
      throw notFound('STORAGE_MISSING', `There is no storage ${id}, or you may not see it.`)
    }
    if (permission === 'write') await demandWrite(caller, storage.projectId)
    return storage
  }
  const changeTo = async (
    { principal, requestId }: { readonly principal: Caller; readonly requestId: string },
    id: string,
    next: (before: CloudStorage) => CloudStorage,
  ) =>
    await change(db, { id: principal.id, requestId }, async (trx) => {
      const after = next(await checked(principal, 'write', id, await lockStorage(trx, id)))
      await updateStorage(trx, after)
      return present(after)
    })

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/storage',
      operationId: 'listStorages',
      tag,
      access: 'open',
      summary: 'The storage of a project',
      description: 'Empty for who may not see the project.',
      query: z.strictObject({ project_id: ulidText }),
      answers: { 200: z.array(cloudStorageSchema) },
    },
    async ({ principal, query: { project_id } }) => {
      const mayRead = await authz.can(db, principal, 'read', projectRef(project_id))
      return { status: 200, body: mayRead ? (await listStorages(db, project_id)).map(present) : [] }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/storage',
      operationId: 'createStorage',
      tag,
      access: 'user',
      summary: 'Give a project a storage',
      body: z.strictObject({ project_id: ulidText, name, ...newStorageFields }),
      answers: { 201: cloudStorageSchema },
    },
    async ({ principal, body, requestId }) => {
      const { project_id: projectId } = body
      const storage = newStorage(body)
      await demandWrite(principal, projectId)
      const made = await change(
        db,
        { id: principal.id, requestId },
        async (trx) => await insertStorage(trx, principal.id, { projectId, name: body.name, ...storage }),
      )
      return { status: 201, body: present(made) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/storage/{storage_id}',
      operationId: 'getStorage',
      tag,
      access: 'open',
      summary: 'A storage of a project',
      params,
      answers: { 200: cloudStorageSchema },
    },
    async ({ principal, params: { storage_id } }) => ({
      status: 200,
      body: present(await checked(principal, 'read', storage_id, await findStorage(db, storage_id))),
    }),
  )

  api.endpoint(
    {
      method: 'put',
      path: '/api/data/storage/{storage_id}',
      operationId: 'replaceStorage',
      tag,
      access: 'user',
      summary: 'Replace a storage of a project',
      params,
      body: z.strictObject({ project_id: ulidText, name, ...newStorageFields }),
      answers: { 200: cloudStorageSchema },
    },
    async (call) => {
      const { storage_id } = call.params
      const { project_id, name: called } = call.body
      const storage = newStorage(call.body)
      const body = await changeTo(call, storage_id, ({ id, projectId }) => {
        checkProject(project_id, projectId)
        return { id, projectId, name: called, ...storage }
      })
      return { status: 200, body }
    },
  )

  api.endpoint(
    {
      method: 'patch',
      path: '/api/data/storage/{storage_id}',
      operationId: 'updateStorage',
      tag,
      access: 'user',
      summary: 'Change a storage of a project',
      description: 'Options that are given replace former ones; null takes one away.',
      params,
      body: z.strictObject({ project_id: ulidText.optional(), name: name.optional(), ...storageChangeFields }),
      answers: { 200: cloudStorageSchema },
    },
    async (call) => {
      const { storage_id } = call.params
      const { project_id, name: called } = call.body
      const body = await changeTo(call, storage_id, (before) => {
        checkProject(project_id ?? before.projectId, before.projectId)
        return { ...before, name: called ?? before.name, ...changedStorage(before, call.body) }
      })
      return { status: 200, body }
    },
  )

  api.endpoint(
    {
      method: 'delete',
      path: '/api/data/storage/{storage_id}',
      operationId: 'deleteStorage',
      tag,
      access: 'user',
      summary: 'Take a storage away from its project',
      description: 'The data stays where it is.',
      params,
      answers: { 204: null },
    },
    async ({ principal, params: { storage_id }, requestId }) => {
      await change(db, { id: principal.id, requestId }, async (trx) => {
        const { id } = await checked(principal, 'write', storage_id, await lockStorage(trx, storage_id))
        await deleteStorage(trx, id)
      })
      return { status: 204 }
    },
  )
}

function checkProject(given: string, projectId: string): void {
  if (given === projectId) return
  throw invalid('STORAGE_PROJECT_FIXED', 'A storage stays in its project. Make another one there.')
}

function present(storage: CloudStorage): z.input<typeof cloudStorageSchema> {
  const { id, projectId, name: called } = storage
  return {
    storage: { storage_id: id, project_id: projectId, name: called, ...presentStorage(storage) },
    sensitive_fields: presentSensitive(storage.configuration),
  }
}
