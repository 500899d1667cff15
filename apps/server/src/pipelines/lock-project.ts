import { sql, type Trx } from '@millrace/db'

/**
 * Those who change pipelines of a project, or what they are made of, take turns until their transaction ends: each compiles what
 * the ones before left, and none puts an older version in the place of a newer one. It is taken before any row is locked.
 */
export async function lockProject(trx: Trx, projectId: string): Promise<void> {
  await trx.execute(sql`select pg_advisory_xact_lock(hashtextextended('pipelines of ' || ${projectId}::text, 0))`)
}
