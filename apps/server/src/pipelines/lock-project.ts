import { sql, type Trx } from '@millrace/db'
import { missingProject } from './access.ts'

/**
 * Those who change pipelines of a project, or what they are made of, take turns until their transaction ends: each compiles what
 * the ones before left, and none puts an older version in the place of a newer one. It is taken before any row is locked.
 *
 * @throws HttpError 404 when the project is gone
 */
export async function lockProject(trx: Trx, projectId: string): Promise<void> {
  await trx.execute(sql`select pg_advisory_xact_lock(hashtextextended('pipelines of ' || ${projectId}::text, 0))`)
  await holdProject(trx, projectId)
}

/** The project is not removed until the transaction ends. @throws HttpError 404 when it is gone */
export async function holdProject(trx: Trx, projectId: string): Promise<void> {
  const found = await trx.execute(sql`select from common.project where id = ${projectId} for key share`)
  if (found === 0) throw missingProject('write', projectId)
}
