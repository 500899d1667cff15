import { sql, type Trx } from '@millrace/db'
import { HttpError } from '@millrace/http'
import type { Caller } from '../authz/index.ts'
import { usableClass } from '../compute/index.ts'
import { insertEnvironment } from '../environments/index.ts'
import type { ServerContext } from '../server-context.ts'
import { insertLauncher, type Launcher, listLaunchers } from './store.ts'

/**
 * Gives a project the launchers of another one. A custom environment is copied, a global one is shared; of resource classes that
 * the caller may not use the copy has none, and so takes the default one.
 */
export async function copyLaunchers(
  trx: Trx,
  context: Pick<ServerContext, 'authz'>,
  caller: Caller,
  fromProjectId: string,
  toProjectId: string,
): Promise<void> {
  const { rows } = await listLaunchers(trx, sql`l.project_id = ${fromProjectId}`, { limit: 1000, offset: 0 })
  // The oldest first, so that the copies are in the same order.
  for (const launcher of rows.toReversed()) {
    await insertLauncher(trx, {
      ...launcher,
      projectId: toProjectId,
      environmentId: await copyEnvironment(trx, caller, launcher),
      resource_class_id: await usableOrNull(trx, context, caller, launcher.resource_class_id),
      launcherType: launcher.launcher_type,
      createdBy: caller.id,
    })
  }
}

async function copyEnvironment(trx: Trx, caller: Caller, { environment }: Launcher): Promise<string> {
  if (environment.kind === 'GLOBAL') return environment.id
  return await insertEnvironment(trx, { ...environment, createdBy: caller.id })
}

async function usableOrNull(trx: Trx, context: Pick<ServerContext, 'authz'>, caller: Caller, classId: number | null) {
  if (classId === null) return null
  try {
    return (await usableClass(trx, context, caller, classId)).id
  } catch (error) {
    if (error instanceof HttpError) return null
    throw error
  }
}
