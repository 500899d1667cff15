import { z } from '@hono/zod-openapi'
import { forbidden, invalid, notFound, pageHeaders, pageQuery, pageRange } from '@millrace/http'
import { text } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { ensureUser } from './ensure-user.ts'
import { preferenceRoutes } from './preference-routes.ts'
import { presentUser, selfSchema, userIdText, userSchema } from './schemas.ts'
import { findUser, listUsers, listUsersByEmail, searchCompanions, searchUsers } from './store.ts'

const tag = 'users'
const words = text(200)

export function userRoutes(api: ServerApi, context: ServerContext): void {
  const { db } = context
  preferenceRoutes(api, context)

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/user',
      operationId: 'getSelf',
      tag,
      access: 'user',
      summary: 'Who you are',
      answers: { 200: selfSchema },
    },
    async ({ principal }) => {
      const user = await ensureUser(context, principal)
      return { status: 200, body: { ...presentUser(user, { withEmail: true }), is_admin: principal.isAdmin } }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/users',
      operationId: 'listUsers',
      tag,
      access: 'user',
      summary: 'Users',
      description: 'All of them for administrators; for others those with exactly the e-mail address that they know.',
      query: z.strictObject({
        ...pageQuery,
        exact_email: z.string().min(1).max(320).optional(),
        search: words.optional().openapi({
          description:
            'Parts of the name, the e-mail address or the namespace; all of them have to be there. For administrators.',
        }),
      }),
      answers: { 200: z.array(userSchema) },
    },
    async ({ principal, query }) => {
      const { exact_email, search } = query
      if ((exact_email === undefined || search !== undefined) && !principal.isAdmin) {
        throw forbidden(
          'ADMIN_REQUIRED',
          'Only administrators of the platform may list and search all users. Give exact_email alone to find one of them, or look among those whom you work with, at /api/people.',
        )
      }
      if (exact_email !== undefined && search !== undefined) {
        throw invalid('FILTERS_EXCLUSIVE', 'Give exact_email or search, not both.')
      }
      const range = pageRange(query)
      const { rows, total } =
        exact_email !== undefined
          ? await listUsersByEmail(db, exact_email, range)
          : search !== undefined
            ? await searchUsers(db, search, range)
            : await listUsers(db, range)
      const body = rows.map((user) => presentUser(user, { withEmail: true }))
      return { status: 200, body, headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/people',
      operationId: 'listPeople',
      tag,
      access: 'user',
      summary: 'People that you share a group or project with, by their names',
      description: 'Without e-mail addresses. Others are found by their whole e-mail address only.',
      query: z.strictObject({
        ...pageQuery,
        search: words.optional().openapi({ description: 'Parts of the name or the namespace; all have to be there.' }),
      }),
      answers: { 200: z.array(userSchema) },
    },
    async ({ principal, query }) => {
      const { rows, total } = await searchCompanions(db, principal.id, query.search ?? '', pageRange(query))
      const body = rows.map((user) => presentUser(user, { withEmail: false }))
      return { status: 200, body, headers: pageHeaders(query, total) }
    },
  )

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/users/{user_id}',
      operationId: 'getUser',
      tag,
      access: 'open',
      summary: 'A user',
      description: 'The e-mail address is shown to the user and to administrators only.',
      params: z.strictObject({ user_id: userIdText }),
      answers: { 200: userSchema },
    },
    async ({ principal, params: { user_id } }) => {
      const user = await findUser(db, user_id)
      if (user === undefined) throw notFound('USER_MISSING', `There is no user ${user_id}.`)
      const isSelf = principal.kind === 'user' && principal.id === user_id
      return { status: 200, body: presentUser(user, { withEmail: isSelf || principal.isAdmin }) }
    },
  )
}
