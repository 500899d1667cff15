import { ConfigError, parseInstant } from '@millrace/core'
import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import { allPages } from '../server-lists.ts'
import { createPersonalToken, listPersonalTokens, type Scope } from './personal-tokens.ts'

/** Prints the token alone on standard output, for `TOKEN=$(…)`: it is shown this once. */
export async function createToken(
  request: ServerRequest & {
    readonly name: string
    readonly personal?: true
    readonly scope?: readonly Scope[]
    readonly queue?: readonly string[]
    readonly expires?: string
  },
  context: Context,
): Promise<number> {
  const { name, personal = false, scope, queue, expires, json = false } = request
  if (personal ? queue !== undefined : scope !== undefined) {
    throw new ConfigError('OPTION_WITHOUT_EFFECT', {
      message: personal
        ? '--queue is for tokens of workers. Leave it out, or leave --personal out.'
        : '--scope is for tokens of your own. Give --personal with it.',
    })
  }
  if (personal) return await createPersonalToken(request, context)
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

export async function listTokens(
  request: ServerRequest & { readonly personal?: true },
  context: Context,
): Promise<number> {
  if (request.personal) return await listPersonalTokens(request, context)
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

/** Numbers are of tokens of workers, texts of one's own. */
export async function revokeToken(
  request: ServerRequest & { readonly id: string; readonly yes?: boolean },
  context: Context,
): Promise<number> {
  const { id } = request
  const isWorkers = /^\d{1,15}$/.test(id)
  return await withServer(request, context, async (client) => {
    const tokens: readonly { readonly id: number | string; readonly name: string }[] = isWorkers
      ? await allPages((query) => client.page('/api/worker-tokens', { params: { query } }))
      : await allPages((query) => client.page('/api/tokens', { params: { query } }))
    const name = tokens.find((one) => `${one.id}` === id)?.name
    const users = isWorkers ? 'Workers that use it are refused.' : 'Programs that use it are refused.'
    if (name !== undefined) await confirm(`Revoke token ${id}, ${printable(name)}? ${users}`, request, context)
    if (isWorkers) await client.delete('/api/worker-tokens/{token}', { params: { path: { token: Number(id) } } })
    else await client.delete('/api/tokens/{id}', { params: { path: { id } } })
    if (request.json) return printJson({ revoked: isWorkers ? Number(id) : id }, context)
    const who = isWorkers ? 'workers' : 'programs'
    context.out(`Token ${id} is revoked: ${who} that use it are refused from now on.\n`)
    return exitCodes.done
  })
}
