import { z } from '@hono/zod-openapi'
import { type Queryable, sql } from '@millrace/db'
import { withoutNulls } from '@millrace/http'
import { type Authz, type Caller, type ObjectRef, type Role, rolesOf } from './authz/index.ts'
import type { MemberRole } from './events/index.ts'
import { userIdText } from './users/index.ts'

const role = z.enum(['owner', 'editor', 'viewer'])

/** Body of a change of members: who is to have which role from now on. */
export const memberChanges = z.array(z.strictObject({ id: userIdText, role })).max(1000)

export const changedMemberSchema = z.object({ id: z.string(), role }).openapi('MemberRole')

export const memberSchema = z
  .object({
    id: z.string(),
    namespace: z.string().openapi({ description: 'The slug of the namespace of the user.' }),
    first_name: z.string().optional(),
    last_name: z.string().optional(),
    role,
  })
  .openapi('Member')

export const permissionsSchema = z
  .object({ write: z.boolean(), delete: z.boolean(), change_membership: z.boolean() })
  .openapi('Permissions')

/** Who has a role on the object itself. */
export async function listMembers(db: Queryable, object: ObjectRef): Promise<z.output<typeof memberSchema>[]> {
  const roles = await rolesOf(db, object)
  const users = await db.query<{
    id: string
    namespace: string
    first_name: string | null
    last_name: string | null
  }>(sql`
    select u.id, n.slug as namespace, u.first_name, u.last_name
    from users."user" u join common.namespace n on n.user_id = u.id
    where u.id = any(${roles.map(({ id }) => id)}::text[])`)
  const byId = new Map(users.map((user) => [user.id, user]))
  return roles.flatMap(({ id, role }) => {
    const user = byId.get(id)
    return user === undefined ? [] : [{ ...withoutNulls(user), role }]
  })
}

export function eventRole(role: Role): MemberRole {
  return role.toUpperCase() as MemberRole
}

/** What the caller may do to something; null when the caller may not even see it. */
export async function permissionsOn(
  db: Queryable,
  authz: Authz,
  caller: Caller,
  object: ObjectRef,
): Promise<z.output<typeof permissionsSchema> | null> {
  const asked = ['read', 'write', 'delete', 'change_membership']
  const answers = await authz.canAll(
    db,
    caller,
    asked.map((permission) => ({ object, permission })),
  )
  const [read = false, write = false, remove = false, change_membership = false] = answers
  return read ? { write, delete: remove, change_membership } : null
}
