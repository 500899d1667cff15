import { isOver, readRun } from '@millrace/engine'
import type { ServerEvent } from '@millrace/http'
import type { ServerContext } from '../server-context.ts'
import { presentEvent } from './schemas.ts'
import { listRunEvents } from './store.ts'

/** How often to look while nothing is said, in milliseconds. */
const lookEveryMs = 1000

/**
 * For so long an event with a lower id than others may still come: ids are given before the transaction commits, and a
 * worker takes tasks beside what else happens to the run.
 */
const settleMs = 5000

/** The events of a run from after `after` on, as they happen; ends with an event `end` when the run is over. */
export async function* followEvents(
  { engine, runChanges }: ServerContext,
  runId: number,
  { after, signal }: { readonly after: number; readonly signal: AbortSignal },
): AsyncGenerator<ServerEvent> {
  const { db } = engine
  using watch = runChanges.watch(runId)
  const graph = await engine.graphs.get(db, (await readRun(db, runId)).version_id)
  let settled = after
  /** Given out and not yet settled. */
  const given = new Set<number>()
  while (!signal.aborted) {
    // Read before the events: what happened until the run was over is among them.
    const run = await readRun(db, runId)
    const events = await listRunEvents(db, runId, { after: settled, limit: 1000 })
    for (const event of events) {
      if (given.has(event.id)) continue
      given.add(event.id)
      yield { id: `${event.id}`, event: 'event', data: presentEvent(graph, event) }
    }
    const newest = events.at(-1)
    if (newest !== undefined) {
      const until = newest.at.getTime() - settleMs
      for (const { id, at } of events) if (events.length === 1000 || at.getTime() < until) settled = id
      for (const id of given) if (id <= settled) given.delete(id)
    }
    if (events.length === 1000) continue
    if (isOver(run.state)) {
      yield { event: 'end', data: { state: run.state } }
      return
    }
    await watch.wait(lookEveryMs, signal)
  }
}
