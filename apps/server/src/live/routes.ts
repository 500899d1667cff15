import { sql } from '@millrace/db'
import { notFound } from '@millrace/http'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { type Follower, liveEvents } from './live-events.ts'
import { regularLook } from './regular-look.ts'
import { lookAtRuns, readLogs, readRunHints, seenOf } from './store.ts'
import { keyOf, type LiveTopics, liveQuery, topicOf, topicsOf } from './topics.ts'

/** One stream for everything that a page shows: it says what to read again, and what is read is up to the ordinary routes. */
export function liveRoutes(
  api: ServerApi,
  { engine: { db }, reads, runChanges, logChanges, workflowAccess, streams, log }: ServerContext,
): void {
  const onFailure = (error: unknown) => log.debug({ err: error }, 'what is followed could not be looked at')
  const runLook = regularLook<number>({ read: async (ids) => await lookAtRuns(db, ids), onFailure })
  const logLook = regularLook<string>({
    read: async (keys) => {
      const rows = await readLogs(db, keys.map(topicOf), sql`true`)
      return new Map([...rows].map(([key, row]) => [key, seenOf(row)]))
    },
    onFailure,
  })
  const sources = { db: reads, runChanges, logChanges, runLook, logLook }

  api.endpoint(
    {
      method: 'get',
      path: '/api/live',
      operationId: 'followLive',
      tag: 'platform',
      access: 'user',
      summary: 'What changes, as it changes',
      description: [
        'Server-sent events that say what to read again; one connection is enough for a page. `run` and `log` take several',
        'values, as repeated parameters or with commas between them; all in all there may be 100.',
        '`ready` comes first: what happens from then on is told, so read what you show now.',
        '`run` has `{id, workflow, state}` whenever something of a followed run changed, its tasks and their progress included, at most every 250 ms.',
        '`runs` has `{changes: [{id, workflow, state}], more}` for `runs=true`, at most every 500 ms; with `more` there were others, so read the lists.',
        '`log` has `{task_run, attempt, bytes, over}` when a log grew or its attempt ended, at most every 200 ms; `log=TASKRUN` goes on to later attempts, `log=TASKRUN:ATTEMPT` does not.',
        'The stream has no memory: after a break, read again. Soon after the caller may not see something of it any more it ends with `denied`, which has the refusal.',
      ].join('\n'),
      query: liveQuery,
      answers: { 200: { contentType: 'text/event-stream' } },
    },
    async ({ principal, query, request, requestId, signal }) => {
      const topics = topicsOf(query)
      // Before it is checked who may: what happens in between is told twice rather than never.
      const runs = topics.runIds.length === 0 ? new Map() : await lookAtRuns(db, topics.runIds)
      const follower = { ...(await expectTopics(principal, topics)), runs }
      const source = (signal: AbortSignal) => liveEvents(sources, follower, signal)
      const expect = async (caller: UserPrincipal) => await expectTopics(caller, topics)
      return { response: streams.answer({ principal, request, requestId, signal }, { source, expect }) }
    },
  )

  /** @throws HttpError 404 for what is not there, or not for the caller. */
  const expectTopics = async (
    caller: UserPrincipal,
    topics: LiveTopics,
  ): Promise<Pick<Follower, 'topics' | 'where' | 'logs'>> => {
    const where = workflowAccess.condition(caller)
    const { runIds } = topics
    const visible = runIds.length === 0 ? [] : await readRunHints(db, runIds, { where, limit: runIds.length })
    const missingRun = runIds.find((id) => !visible.some((row) => row.id === id))
    if (missingRun !== undefined) {
      throw notFound('RUN_MISSING', `There is no run ${missingRun}, or you may not see it.`)
    }
    const logs = topics.logs.length === 0 ? new Map() : await readLogs(db, topics.logs, where)
    const missingLog = topics.logs.find((topic) => !logs.has(keyOf(topic)))
    if (missingLog !== undefined) {
      const { taskRunId, attempt } = missingLog
      const what = attempt === null ? `task run ${taskRunId}` : `attempt ${attempt} of task run ${taskRunId}`
      throw notFound('TASK_RUN_MISSING', `There is no ${what}, or you may not see it.`)
    }
    return { topics, where, logs }
  }
}
