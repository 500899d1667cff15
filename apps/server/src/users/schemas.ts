import { z } from '@hono/zod-openapi'
import { withoutNulls } from '@millrace/http'
import type { User } from './store.ts'

/** As issuers make them. */
export const userIdText = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]+$/, 'has to be the id of a user: letters, digits and "-"')
  .openapi({ example: '0b1f9f4e-7f1c-4f43-9f3f-2f0d8a5c1e77' })

const user = {
  id: z.string(),
  username: z.string().openapi({ description: 'The slug of the namespace of the user.' }),
  email: z.string().optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
}

export const userSchema = z.object(user).openapi('User')

export const selfSchema = z.object({ ...user, is_admin: z.boolean() }).openapi('Self')

export const preferencesSchema = z
  .object({
    user_id: z.string(),
    pinned_projects: z.object({ project_slugs: z.array(z.string()) }),
  })
  .openapi('UserPreferences')

export function presentUser({ id, username, email, firstName, lastName }: User, options: { withEmail: boolean }) {
  const shown = options.withEmail ? email : null
  return withoutNulls({ id, username, email: shown, first_name: firstName, last_name: lastName })
}

export function presentPreferences(userId: string, projectSlugs: readonly string[]) {
  return { user_id: userId, pinned_projects: { project_slugs: [...projectSlugs] } }
}
