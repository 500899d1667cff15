import { isMillraceError } from '@millrace/core'
import { sql, type Trx } from '@millrace/db'
import { invalid } from '@millrace/http'

/**
 * Gives a namespace another slug; by the former one it is found as long as no other namespace takes it.
 *
 * @throws HttpError 422 SLUG_TAKEN.
 */
export async function renameNamespace(trx: Trx, id: string, { from, to }: { from: string; to: string }): Promise<void> {
  await trx.execute(sql`delete from common.namespace_old where slug = ${to} and namespace_id = ${id}`)
  await trx.execute(sql`
    insert into common.namespace_old (slug, namespace_id) values (${from}, ${id})
    on conflict (slug) do update set namespace_id = excluded.namespace_id, created_at = now()`)
  try {
    await trx.execute(sql`update common.namespace set slug = ${to} where id = ${id}`)
  } catch (error) {
    if (isMillraceError(error) && error.code === 'DATABASE_UNIQUE_VIOLATION') throw takenNamespace(to)
    throw error
  }
}

export function takenNamespace(slug: string) {
  return invalid('SLUG_TAKEN', `The slug "${slug}" is taken by another user or group. Choose another one.`)
}
