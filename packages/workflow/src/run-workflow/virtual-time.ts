import { setImmediate } from 'node:timers/promises'
import { type Clock, ConfigError } from '@millrace/core'

/** A clock that jumps when somebody waits, so that retries and deferrals take no time. */
export interface VirtualTime {
  readonly clock: Clock
  readonly wait: (seconds: number, signal: AbortSignal) => Promise<void>
}

/**
 * @param limitSeconds how far the clock may run ahead, so that a task which waits for ever ends. Default: a week.
 * @throws ConfigError `VIRTUAL_TIME_OVER` from `wait`
 */
export function virtualTime({
  start = new Date(),
  limitSeconds = 7 * 86_400,
}: {
  readonly start?: Date
  readonly limitSeconds?: number
} = {}): VirtualTime {
  let nowMs = start.getTime()
  return {
    clock: { now: () => new Date(nowMs) },
    async wait(seconds, signal) {
      const until = nowMs + seconds * 1000
      await setImmediate()
      signal.throwIfAborted()
      nowMs = Math.max(nowMs, until)
      if (nowMs - start.getTime() <= limitSeconds * 1000) return
      throw new ConfigError('VIRTUAL_TIME_OVER', {
        message: `The clock of this run is ${limitSeconds} s ahead, and tasks still wait. Replace the task that waits, or give a clock and a wait of your own.`,
        details: { limitSeconds },
      })
    },
  }
}
