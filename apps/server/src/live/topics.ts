import { z } from '@hono/zod-openapi'
import { queryBoolean } from '@millrace/http'

/** The log of an attempt; without a number of whichever is the latest. */
export interface LogTopic {
  readonly taskRunId: number
  readonly attempt: number | null
}

export interface LiveTopics {
  /** Whether all runs that the caller sees are followed. */
  readonly runs: boolean
  readonly runIds: readonly number[]
  readonly logs: readonly LogTopic[]
}

const mostTopics = 100
const listOf = (item: z.ZodType<string, string>, example: string) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [...new Set([given].flat().flatMap((one) => one.split(',')))])
    .pipe(z.array(item).max(mostTopics))
    .optional()
    .transform((value) => value ?? [])
    .openapi({ type: 'array', items: { type: 'string', example }, maxItems: mostTopics })

const runText = z.string().regex(/^[1-9]\d{0,14}$/, 'has to be the number of a run')
const logText = z
  .string()
  .regex(/^[1-9]\d{0,14}(:[1-9]\d{0,8})?$/, 'has to be the number of a task run, or TASKRUN:ATTEMPT')

export const liveQuery = z
  .strictObject({
    runs: queryBoolean({ default: false }),
    run: listOf(runText, '1'),
    log: listOf(logText, '1:1'),
  })
  .refine(({ runs, run, log }) => Number(runs) + run.length + log.length <= mostTopics, {
    message: `takes at most ${mostTopics} topics in all`,
    path: ['run'],
  })

export function topicsOf({ runs, run, log }: z.output<typeof liveQuery>): LiveTopics {
  return { runs, runIds: run.map(Number), logs: log.map(topicOf) }
}

export function topicOf(text: string): LogTopic {
  const [taskRunId, attempt] = text.split(':')
  return { taskRunId: Number(taskRunId), attempt: attempt === undefined ? null : Number(attempt) }
}

export function keyOf({ taskRunId, attempt }: LogTopic): string {
  return attempt === null ? `${taskRunId}` : `${taskRunId}:${attempt}`
}
