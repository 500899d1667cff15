import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { count } from '../output/amounts.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import { allPages, withClosest } from '../server-lists.ts'

interface OnePool extends ServerRequest {
  readonly pool: string
}

export async function listPools(request: ServerRequest, context: Context): Promise<number> {
  return await withServer(request, context, async (client) => {
    const pools = await allPages((query) => client.page('/api/pools', { params: { query } }))
    if (request.json) return printJson(pools, context)
    if (pools.length === 0) {
      context.err('There are no pools. Make one with: millrace pools set NAME SLOTS\n')
      return exitCodes.done
    }
    const body = pools.map((one) => [
      ...[one.name, count(one.slots), count(one.used), count(one.waiting), one.description ?? ''],
    ])
    context.out(textTable(['pool', 'slots', 'used', 'waiting tasks', 'what'], body))
    return exitCodes.done
  })
}

export async function setPool(
  request: OnePool & { readonly slots: number; readonly description?: string },
  context: Context,
): Promise<number> {
  const { pool, slots, json = false } = request
  return await withServer(request, context, async (client) => {
    const pools = await allPages((query) => client.page('/api/pools', { params: { query } }))
    const before = pools.find(({ name }) => name === pool)
    const description = request.description ?? before?.description
    const body = { slots, ...(description === undefined ? {} : { description }) }
    const answer = await client.put('/api/pools/{pool}', { params: { path: { pool } }, body })
    if (json) return printJson(answer, context)
    const was =
      before === undefined ? ', and is new' : before.slots === slots ? ', as before' : `; it had ${count(before.slots)}`
    context.out(`Pool ${pool} has ${count(slots)} ${slots === 1 ? 'slot' : 'slots'}${was}.\n`)
    if (answer.used > slots) {
      context.err(`${count(answer.used)} are taken: those tasks may end, and nothing more starts until enough have.\n`)
    }
    return exitCodes.done
  })
}

export async function deletePool(request: OnePool & { readonly yes?: boolean }, context: Context): Promise<number> {
  const { pool, json = false } = request
  return await withServer(request, context, async (client) => {
    const params = { path: { pool } }
    const names = async () =>
      (await allPages((query) => client.page('/api/pools', { params: { query } }))).map(({ name }) => name)
    await withClosest(client.get('/api/pools/{pool}', { params }), { name: pool, names })
    await confirm(`Remove the pool ${pool}? Tasks that name it will wait until there is one again.`, request, context)
    await client.delete('/api/pools/{pool}', { params })
    if (json) return printJson({ removed: pool }, context)
    context.out(`Pool ${pool} was removed.\n`)
    return exitCodes.done
  })
}
