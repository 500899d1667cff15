import { type Context, exitCodes } from '../context.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import { allPages } from '../server-lists.ts'

export async function listSchedules(
  request: ServerRequest & { readonly ticks: number },
  context: Context,
): Promise<number> {
  const { ticks, json = false } = request
  return await withServer(request, context, async (client) => {
    const schedules = await allPages((query) =>
      client.page('/api/schedules', { params: { query: { ...query, ticks } } }),
    )
    if (json) return printJson(schedules, context)
    if (schedules.length === 0) {
      context.err('No workflow has a schedule.\n')
      return exitCodes.done
    }
    const body = schedules.map((one) => [
      ...[one.workflow, one.cron, one.timezone, one.catchup.policy, localTime(one.last_tick_at)],
      one.paused ? 'paused' : one.next_ticks.map(localTime).join(', '),
    ])
    context.out(textTable(['workflow', 'schedule', 'zone', 'catchup', 'last', 'next'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

export async function setPaused(
  request: ServerRequest & { readonly workflows: readonly string[]; readonly paused: boolean },
  context: Context,
): Promise<number> {
  const { workflows, paused, json = false } = request
  return await withServer(request, context, async (client) => {
    for (const workflow of workflows) {
      const params = { path: { workflow } }
      const answer = await client.patch('/api/workflows/{workflow}', { params, body: { paused } })
      if (json) printJson(answer, context)
      else if (paused) context.out(`${workflow} is paused: its schedule makes no runs. Runs that exist go on.\n`)
      else if (answer.schedule === undefined) context.out(`${workflow} is not paused; it has no schedule.\n`)
      else
        context.out(
          `${workflow} goes on${answer.next_tick_at ? `; next run ${localTime(answer.next_tick_at)}` : ''}.\n`,
        )
    }
    return exitCodes.done
  })
}
