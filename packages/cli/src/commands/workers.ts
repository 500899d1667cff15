import type { Client, components } from '@millrace/client'
import { ConfigError, closestName } from '@millrace/core'
import { type Context, exitCodes } from '../context.ts'
import { count } from '../output/amounts.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import { allPages } from '../server-lists.ts'

type Worker = components['schemas']['Worker']

/** So much of an id tells workers apart. */
const shownOfId = 8

export async function listWorkers(
  request: ServerRequest & { readonly ended?: true },
  context: Context,
): Promise<number> {
  const { ended = false, json = false } = request
  return await withServer(request, context, async (client) => {
    const workers = await workersOf(client, ended)
    if (json) return printJson(workers, context)
    if (workers.length === 0) {
      context.err('There are no workers, so tasks wait. Start one with: millrace worker\n')
      return exitCodes.done
    }
    const body = workers.map((one) => [
      ...[one.id.slice(0, shownOfId), one.name, one.host, one.state, `${count(one.running)} of ${count(one.slots)}`],
      ...[one.queues.join(', '), localTime(one.started_at), localTime(one.seen_at), one.version],
    ])
    const header = ['worker', 'name', 'host', 'state', 'running', 'queues', 'started', 'seen', 'version']
    context.out(textTable(header, body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

export async function drainWorkers(
  request: ServerRequest & { readonly workers: readonly string[] },
  context: Context,
): Promise<number> {
  const { json = false } = request
  return await withServer(request, context, async (client) => {
    const known = await workersOf(client, false)
    for (const { id } of request.workers.map((text) => findWorker(known, text))) {
      const worker = await client.post('/api/workers/{worker}/drain', { params: { path: { worker: id } } })
      if (json) printJson(worker, context)
      else {
        const rest = worker.running === 0 ? 'it runs nothing' : `it ends after ${count(worker.running)} running`
        context.out(`Worker ${worker.name} (${id.slice(0, shownOfId)}) takes nothing more; ${rest}.\n`)
      }
    }
    return exitCodes.done
  })
}

async function workersOf(client: Client, ended: boolean): Promise<readonly Worker[]> {
  return await allPages((query) => client.page('/api/workers', { params: { query: { ...query, ended } } }))
}

/**
 * By its id, the beginning of it, or its name.
 *
 * @throws ConfigError `WORKER_MISSING`, `WORKER_AMBIGUOUS`
 */
function findWorker(workers: readonly Worker[], text: string): Worker {
  const found = workers.filter(({ id, name }) => name === text || (text.length >= 4 && id.startsWith(text)))
  const [first] = found
  if (first !== undefined && found.length === 1) return first
  if (first !== undefined) {
    const ids = found.map(({ id }) => id.slice(0, shownOfId)).join(', ')
    throw new ConfigError('WORKER_AMBIGUOUS', {
      message: `"${text}" stands for ${found.length} workers: ${ids}. Name one by its id.`,
    })
  }
  const closest = closestName(
    text,
    workers.map(({ name }) => name),
  )
  throw new ConfigError('WORKER_MISSING', {
    message: `There is no worker "${text}".${closest === undefined ? '' : ` Did you mean "${closest}"?`} "millrace workers list" shows those that there are.`,
  })
}
