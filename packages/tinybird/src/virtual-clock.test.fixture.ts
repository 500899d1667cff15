import { throwIfAborted } from '@millrace/core'
import type { Clock } from './types.ts'

export interface VirtualClock extends Clock {
  /** Of all sleeps so far, in milliseconds. */
  readonly waits: number[]
  /** What `random` gives. Default 0.5. */
  luck: number
  advance(ms: number): void
}

/** Sleeps end at once, and that much later. */
export function virtualClock(start = Date.parse('2026-11-21T10:00:00Z')): VirtualClock {
  let time = start
  const waits: number[] = []
  return {
    waits,
    luck: 0.5,
    now: () => time,
    random() {
      return this.luck
    },
    advance(ms) {
      time += ms
    },
    async sleep(ms, signal) {
      throwIfAborted(signal)
      waits.push(ms)
      time += ms
      await null
    },
  }
}
