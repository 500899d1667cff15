import { FatalError, isMillraceError } from '@millrace/core'
import { DeferTask, type Json, SkipTask, type TaskContext } from '@millrace/workflow'
import { DefinedOperator } from '../kit/definition.ts'

export type WaitConfig = {
  readonly intervalSeconds?: number
  readonly backoff?: number
  readonly maxIntervalSeconds?: number
  readonly timeoutSeconds?: number
  readonly softFail?: boolean
}

/** Part of the schema of every sensor. */
export const waitProperties = {
  intervalSeconds: {
    type: 'number',
    minimum: 1,
    default: 60,
    title: 'Look every',
    description: 'Seconds between two looks.',
  },
  backoff: {
    type: 'number',
    minimum: 1,
    maximum: 10,
    default: 1,
    title: 'Backoff',
    description: 'The interval is multiplied by this after each look.',
  },
  maxIntervalSeconds: {
    type: 'number',
    minimum: 1,
    default: 3600,
    title: 'Longest interval',
    description: 'Seconds that the interval grows to at most.',
  },
  timeoutSeconds: {
    type: 'number',
    minimum: 0,
    default: 3600,
    title: 'Time limit',
    description: 'Seconds from the first look, after which the task fails.',
  },
  softFail: {
    type: 'boolean',
    default: false,
    title: 'Skip on time-out',
    description: 'The task is skipped instead of failed when the time is over.',
  },
}

/** What one look found. `seen` is handed to the next look. */
export type Look =
  | { readonly found: true; readonly output: Json }
  | {
      readonly found: false
      readonly reason: string
      readonly seen?: Json
      /** The system asks not to be looked at sooner. */
      readonly waitSeconds?: number
    }

/** `pausedSeconds` tells the time as well where pauses take none, as in tests of workflows. */
type Waiting = {
  readonly since: string
  readonly looks: number
  readonly pausedSeconds: number
  readonly seen: Json
}

/**
 * Looks for something, and gives its worker back until the next look. A system that cannot be reached is looked at again
 * later, like one that has nothing yet; only the time limit ends the waiting.
 */
export abstract class Sensor<Config extends Json & WaitConfig> extends DefinedOperator<Config> {
  protected abstract look(config: Config, context: TaskContext, seen: Json): Promise<Look>

  protected async execute(config: Config, context: TaskContext): Promise<Json> {
    const before = context.state as Waiting | undefined
    const since = before?.since ?? new Date().toISOString()
    const looks = (before?.looks ?? 0) + 1
    const found = await this.#tryLook(config, context, before?.seen ?? null)
    if (found.found) {
      context.log.info(`Found at look ${looks}.`)
      return found.output
    }
    const { intervalSeconds = 60, backoff = 1, maxIntervalSeconds = 3600, timeoutSeconds = 3600, softFail } = config
    const pausedSeconds = before?.pausedSeconds ?? 0
    const waitedSeconds = Math.max((Date.now() - Date.parse(since)) / 1000, pausedSeconds)
    const leftSeconds = timeoutSeconds - waitedSeconds
    if (leftSeconds <= 0) throw timedOut(found.reason, { timeoutSeconds, looks, softFail: softFail ?? false })
    const paused = Math.min(intervalSeconds * backoff ** (looks - 1), maxIntervalSeconds)
    const wanted = Math.max(paused, found.waitSeconds ?? 0)
    const seconds = Math.min(wanted, leftSeconds)
    const state: Waiting = { since, looks, pausedSeconds: pausedSeconds + seconds, seen: found.seen ?? null }
    throw new DeferTask(found.reason, { seconds, state })
  }

  async #tryLook(config: Config, context: TaskContext, seen: Json): Promise<Look> {
    try {
      return await this.look(config, context, seen)
    } catch (error) {
      if (!isMillraceError(error) || error.recovery !== 'transient' || context.signal.aborted) throw error
      context.log.warn(`The look failed and is made again later: ${error.message}`, { code: error.code })
      return { found: false, reason: `waiting for what cannot be reached: ${error.message}`, seen }
    }
  }
}

function timedOut(
  reason: string,
  { timeoutSeconds, looks, softFail }: { timeoutSeconds: number; looks: number; softFail: boolean },
): Error {
  const message = `${timeoutSeconds} seconds have passed (${looks} looks) while ${reason}.`
  if (softFail) return new SkipTask(message)
  return new FatalError('SENSOR_TIMEOUT', {
    message: `${message} Look at what should have come, or raise "timeoutSeconds"; then clear the task.`,
    details: { timeoutSeconds, looks },
  })
}
