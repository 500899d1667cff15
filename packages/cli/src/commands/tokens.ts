import { parseInstant } from '@millrace/core'
import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import { allPages } from '../server-lists.ts'

/** Prints the token alone on standard output, for `TOKEN=$(…)`: it is shown this once. */
export async function createToken(
  request: ServerRequest & { readonly name: string; readonly queue?: readonly string[]; readonly expires?: string },
  context: Context,
): Promise<number> {
  const { name, queue, expires, json = false } = request
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const body = {
    name,
    ...(queue === undefined ? {} : { queues: [...queue] }),
    ...(expires === undefined ? {} : { expires_at: parseInstant(expires, zone).toISOString() }),
  }
  return await withServer(request, context, async (client) => {
    const made = await client.post('/api/worker-tokens', { body })
    // Not masked: it is what was asked for.
    if (json) context.out(`${JSON.stringify(made, null, 2)}\n`)
    else {
      context.out(`${made.token}\n`)
      const queues =
        made.queues === undefined
          ? 'all queues'
          : `${made.queues.length === 1 ? 'the queue' : 'the queues'} ${made.queues.join(', ')}`
      const until = made.expires_at === undefined ? '' : `, until ${localTime(made.expires_at)}`
      context.err(
        `Token ${made.id} is for workers of ${queues}${until}. It is not shown again; give it to them as MILLRACE_WORKER_TOKEN.\n`,
      )
    }
    return exitCodes.done
  })
}

export async function listTokens(request: ServerRequest, context: Context): Promise<number> {
  return await withServer(request, context, async (client) => {
    const tokens = await allPages((query) => client.page('/api/worker-tokens', { params: { query } }))
    if (request.json) return printJson(tokens, context)
    if (tokens.length === 0) {
      context.err('There are no tokens of workers. Make one with: millrace tokens create NAME\n')
      return exitCodes.done
    }
    const now = Date.now()
    const body = tokens.map((one) => {
      const isExpired = one.expires_at !== undefined && Date.parse(one.expires_at) <= now
      const state = one.revoked_at === undefined ? (isExpired ? 'expired' : 'valid') : 'revoked'
      const queues = one.queues?.join(', ') ?? 'all'
      return [`${one.id}`, one.name, state, queues, localTime(one.created_at), localTime(one.expires_at)]
    })
    context.out(textTable(['token', 'name', 'state', 'queues', 'made', 'expires'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

export async function revokeToken(
  request: ServerRequest & { readonly id: number; readonly yes?: boolean },
  context: Context,
): Promise<number> {
  const { id, json = false } = request
  return await withServer(request, context, async (client) => {
    const tokens = await allPages((query) => client.page('/api/worker-tokens', { params: { query } }))
    const name = tokens.find((one) => one.id === id)?.name
    if (name !== undefined) {
      await confirm(`Revoke token ${id}, ${printable(name)}? Workers that use it are refused.`, request, context)
    }
    await client.delete('/api/worker-tokens/{token}', { params: { path: { token: id } } })
    if (json) return printJson({ revoked: id }, context)
    context.out(`Token ${id} is revoked: workers that use it are refused from now on.\n`)
    return exitCodes.done
  })
}
