import { type Queryable, sql, type Trx } from '@millrace/db'
import { invalid } from '@millrace/http'

/** Pinned projects as `namespace/project`, in the order in which they were pinned; null: the user never had any. */
export async function findPinnedProjects(db: Queryable, userId: string): Promise<readonly string[] | null> {
  const row = await db.maybe<{ pinned: string[] }>(sql`
    select pinned_projects as pinned from users.preferences where user_id = ${userId}`)
  return row?.pinned ?? null
}

/** Does nothing when the project is pinned already, whatever the case of its letters. */
export async function pinProject(
  trx: Trx,
  userId: string,
  slug: string,
  { maximum }: { readonly maximum: number },
): Promise<readonly string[]> {
  const pinned = await lockPinnedProjects(trx, userId)
  if (pinned.some((one) => one.toLowerCase() === slug.toLowerCase())) return pinned
  if (pinned.length >= maximum) {
    throw invalid(
      'PINNED_PROJECTS_FULL',
      `You pinned ${pinned.length} projects, and ${maximum} is the most. Unpin one.`,
    )
  }
  return await setPinnedProjects(trx, userId, [...pinned, slug])
}

/** Without a slug: all of them. */
export async function unpinProject(trx: Trx, userId: string, slug: string | null): Promise<readonly string[]> {
  const pinned = await lockPinnedProjects(trx, userId)
  const kept = slug === null ? [] : pinned.filter((one) => one.toLowerCase() !== slug.toLowerCase())
  return await setPinnedProjects(trx, userId, kept)
}

/** Makes the row, so that two at once come one after the other. */
async function lockPinnedProjects(trx: Trx, userId: string): Promise<readonly string[]> {
  const { pinned } = await trx.one<{ pinned: string[] }>(sql`
    insert into users.preferences as kept (user_id) values (${userId})
    on conflict (user_id) do update set pinned_projects = kept.pinned_projects
    returning pinned_projects as pinned`)
  return pinned
}

async function setPinnedProjects(trx: Trx, userId: string, slugs: readonly string[]): Promise<readonly string[]> {
  await trx.execute(sql`update users.preferences set pinned_projects = ${slugs}::text[] where user_id = ${userId}`)
  return slugs
}
