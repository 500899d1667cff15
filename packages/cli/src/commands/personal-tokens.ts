import { parseInstant } from '@millrace/core'
import { type Context, exitCodes } from '../context.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import { allPages } from '../server-lists.ts'

export type Scope = 'read' | 'write' | 'admin'

/** Prints the token alone on standard output, as for tokens of workers. */
export async function createPersonalToken(
  request: ServerRequest & { readonly name: string; readonly scope?: readonly Scope[]; readonly expires?: string },
  context: Context,
): Promise<number> {
  const { name, scope, expires, json = false } = request
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const body = {
    name,
    ...(scope === undefined ? {} : { scopes: [...scope] }),
    ...(expires === undefined ? {} : { expires_at: parseInstant(expires, zone).toISOString() }),
  }
  return await withServer(request, context, async (client) => {
    const made = await client.post('/api/tokens', { body })
    // Not masked: it is what was asked for.
    if (json) context.out(`${JSON.stringify(made, null, 2)}\n`)
    else {
      context.out(`${made.token}\n`)
      context.err(
        `Token ${made.id} acts for you (${made.scopes.join(', ')}), until ${localTime(made.expires_at)}. It is not shown again; give it to programs as MILLRACE_TOKEN.\n`,
      )
    }
    return exitCodes.done
  })
}

export async function listPersonalTokens(request: ServerRequest, context: Context): Promise<number> {
  return await withServer(request, context, async (client) => {
    const tokens = await allPages((query) => client.page('/api/tokens', { params: { query } }))
    if (request.json) return printJson(tokens, context)
    if (tokens.length === 0) {
      context.err('You have no tokens. Make one with: millrace tokens create NAME --personal\n')
      return exitCodes.done
    }
    const now = Date.now()
    const body = tokens.map((one) => {
      const state = Date.parse(one.expires_at) <= now ? 'expired' : 'valid'
      const uses = one.last_used_at === undefined ? 'never' : localTime(one.last_used_at)
      return [one.id, one.name, state, one.scopes.join(', '), localTime(one.expires_at), uses]
    })
    context.out(textTable(['token', 'name', 'state', 'scopes', 'expires', 'last used'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}
