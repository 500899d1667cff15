import { confirm } from '../../confirm.ts'
import { type Context, exitCodes } from '../../context.ts'
import { findUser } from '../../find-user.ts'
import { factsText } from '../../output/facts.ts'
import { printJson } from '../../output/print-json.ts'
import { textTable } from '../../output/table.ts'
import { type ServerRequest, withUser } from '../../server-connection.ts'
import { allPages } from '../../server-lists.ts'

interface OneUser extends ServerRequest {
  /** An e-mail address, `@USERNAME`, or an id. */
  readonly who: string
}

export async function listUsers(request: ServerRequest, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const users = await allPages((query) => client.page('/api/data/users', { params: { query } }))
    if (request.json) return printJson(users, context)
    const body = users.map((one) => [`@${one.username}`, fullName(one), one.email ?? '', one.id])
    context.out(textTable(['user', 'name', 'e-mail', 'id'], body))
    return exitCodes.done
  })
}

export async function showUser(request: OneUser, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const { id } = await findUser(client, request.who)
    const path = { user_id: id }
    const [user, pools] = await Promise.all([
      client.get('/api/data/users/{user_id}', { params: { path } }),
      client.get('/api/data/users/{user_id}/resource_pools', { params: { path } }),
    ])
    if (request.json) return printJson({ ...user, resource_pools: pools.map((pool) => pool.name) }, context)
    context.out(
      factsText(`@${user.username}`, [
        ['id', user.id],
        ['name', fullName(user)],
        ['e-mail', user.email],
        ['resource pools', pools.map(({ name }) => name).join(', ')],
      ]),
    )
    return exitCodes.done
  })
}

export async function deleteUser(request: OneUser & { readonly yes?: boolean }, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const { id, username } = await findUser(client, request.who)
    await confirm(
      `Remove @${username} with everything in the own namespace, tokens and secrets? It cannot be undone.`,
      request,
      context,
    )
    await client.delete('/api/data/users/{user_id}', { params: { path: { user_id: id } } })
    if (request.json) return printJson({ removed: username, id }, context)
    context.out(`@${username} was removed. Whoever may sign in at the issuer still becomes a new user.\n`)
    return exitCodes.done
  })
}

function fullName({ first_name = '', last_name = '' }: { readonly first_name?: string; readonly last_name?: string }) {
  return `${first_name} ${last_name}`.trim()
}
