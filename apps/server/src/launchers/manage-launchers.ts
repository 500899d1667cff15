import { sql, type Trx } from '@millrace/db'
import { forbidden, invalid, notFound } from '@millrace/http'
import type { Caller } from '../authz/index.ts'
import { usableClass } from '../compute/index.ts'
import {
  environmentSettings,
  insertEnvironment,
  lockGlobalEnvironment,
  patchSettings,
  updateEnvironment,
} from '../environments/index.ts'
import type { ServerContext } from '../server-context.ts'
import { type CustomEnvironmentPost, type LauncherPatch, type NewLauncher, wholeEnvironment } from './schemas.ts'
import {
  deleteLauncher,
  findLauncher,
  insertLauncher,
  type Launcher,
  lockLauncher,
  projectsFor,
  updateLauncher,
} from './store.ts'

type Context = Pick<ServerContext, 'authz'>

/**
 * @throws HttpError 404 PROJECT_MISSING also without WRITE on it, ENVIRONMENT_MISSING, RESOURCE_CLASS_MISSING,
 * 403 RESOURCE_CLASS_REFUSED, 422 ENVIRONMENT_ARCHIVED.
 */
export async function createLauncher(trx: Trx, context: Context, caller: Caller, body: NewLauncher): Promise<Launcher> {
  const writable = projectsFor(context.authz, caller, 'write')
  const isThere = await trx.execute(
    sql`select from common.project p where p.id = ${body.project_id} and ${writable} for key share of p`,
  )
  if (isThere === 0) {
    throw notFound('PROJECT_MISSING', `There is no project ${body.project_id}, or you may not change it.`)
  }
  const { resource_class_id = null } = body
  if (resource_class_id !== null) await usableClass(trx, context, caller, resource_class_id)
  const { environment } = body
  const environmentId =
    'id' in environment ? await chosen(trx, environment.id) : await createCustom(trx, environment, caller.id)
  const id = await insertLauncher(trx, {
    projectId: body.project_id,
    environmentId,
    launcherType: body.launcher_type,
    createdBy: caller.id,
    name: body.name,
    description: body.description || null,
    resource_class_id,
    disk_storage: body.disk_storage ?? null,
    env_variables: body.env_variables,
  })
  return (await findLauncher(trx, id)) ?? launcherMissing(id)
}

/** Null resets, what is left out stays. @throws HttpError as `createLauncher`, 403 LAUNCHER_FORBIDDEN without WRITE. */
export async function changeLauncher(
  trx: Trx,
  context: Context,
  caller: Caller,
  id: string,
  body: LauncherPatch,
): Promise<Launcher> {
  const before = await lockForChange(trx, context, caller, id)
  const { description, resource_class_id, disk_storage, env_variables } = body
  if (typeof resource_class_id === 'number') await usableClass(trx, context, caller, resource_class_id)
  await updateLauncher(trx, id, {
    environmentId: await changeEnvironment(trx, caller, before, body.environment),
    name: body.name ?? before.name,
    description: description === undefined ? before.description : description || null,
    resource_class_id: resource_class_id === undefined ? before.resource_class_id : resource_class_id,
    disk_storage: disk_storage === undefined ? before.disk_storage : disk_storage,
    env_variables: env_variables === undefined ? before.env_variables : (env_variables ?? []),
  })
  return (await findLauncher(trx, id)) ?? launcherMissing(id)
}

/** @throws HttpError 404 LAUNCHER_MISSING, 403 LAUNCHER_FORBIDDEN. */
export async function removeLauncher(trx: Trx, context: Context, caller: Caller, id: string): Promise<void> {
  await lockForChange(trx, context, caller, id)
  await deleteLauncher(trx, id)
}

export function launcherMissing(id: string): never {
  throw notFound('LAUNCHER_MISSING', `There is no session launcher ${id}, or you may not see it.`)
}

async function lockForChange(trx: Trx, { authz }: Context, caller: Caller, id: string): Promise<Launcher> {
  const launcher = (await lockLauncher(trx, id, projectsFor(authz, caller, 'read'))) ?? launcherMissing(id)
  if (await authz.can(trx, caller, 'write', { type: 'project', id: launcher.project_id })) return launcher
  throw forbidden(
    'LAUNCHER_FORBIDDEN',
    `You may see session launcher ${id} and not change it. Ask an owner of its project to make you an editor.`,
  )
}

/** The environment that the launcher has then; a custom one that it leaves is removed by the database. */
async function changeEnvironment(
  trx: Trx,
  caller: Caller,
  { environment }: Launcher,
  body: LauncherPatch['environment'],
): Promise<string> {
  if (body === undefined) return environment.id
  if ('id' in body) return body.id === environment.id ? body.id : await chosen(trx, body.id)
  const { environment_kind, environment_image_source: _, ...changes } = body
  if (environment_kind === 'GLOBAL') {
    throw invalid(
      'ENVIRONMENT_INVALID',
      'To use an environment for every project give its id as environment.id, and no more.',
    )
  }
  if (environment.kind === 'CUSTOM') {
    await updateEnvironment(trx, environment.id, patchSettings(environment, changes))
    return environment.id
  }
  if (environment_kind !== 'CUSTOM') {
    throw invalid(
      'ENVIRONMENT_INVALID',
      'The launcher uses an environment for every project, which only administrators change. Give environment_kind "CUSTOM" and a whole environment to have one of its own.',
    )
  }
  return await createCustom(trx, wholeEnvironment(body), caller.id)
}

async function chosen(trx: Trx, id: string): Promise<string> {
  const environment = await lockGlobalEnvironment(trx, id)
  if (environment === undefined) {
    throw notFound('ENVIRONMENT_MISSING', `There is no environment ${id} for every project.`)
  }
  if (environment.is_archived) {
    throw invalid('ENVIRONMENT_ARCHIVED', `The environment "${environment.name}" is archived. Choose another one.`)
  }
  return id
}

async function createCustom(trx: Trx, body: CustomEnvironmentPost, createdBy: string): Promise<string> {
  const { environment_kind: _, environment_image_source: __, ...settings } = body
  return await insertEnvironment(trx, { ...environmentSettings(settings), kind: 'CUSTOM', createdBy })
}
