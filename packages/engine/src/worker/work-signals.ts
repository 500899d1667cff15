import type { Db } from '@millrace/db'
import { nextDueMs } from '../runs/claim.ts'
import { channels } from '../runs/events.ts'

/**
 * Tells workers that wait when to look again: as soon as something is said to be ready or to be stopped, when a retry or
 * deferral falls due, and every few seconds anyway, since what is said may be missed.
 */
export interface WorkSignals extends AsyncDisposable {
  /** Counts what was said so far; to be read before looking. */
  turn(): number
  /** Until something was said after `turn`, or the time is over. */
  wait(
    turn: number,
    options: { readonly queues: readonly string[]; readonly atMostMs: number; readonly signal: AbortSignal },
  ): Promise<void>
}

/** How often to look while nothing is said, in milliseconds. */
const lookEveryMs = 5000

export async function listenForWork(db: Db): Promise<WorkSignals> {
  let turn = 0
  const waiting = new Set<() => void>()
  const wake = () => {
    turn += 1
    for (const one of [...waiting]) one()
  }
  const heard = await Promise.all(
    [channels.ready, channels.stop].map((channel) => db.listen(channel, wake, { onReconnect: wake })),
  )
  return {
    turn: () => turn,
    async wait(seen, { queues, atMostMs, signal }) {
      if (turn !== seen || signal.aborted) return
      const due = queues.length === 0 ? null : await nextDueMs(db, queues)
      if (turn !== seen || signal.aborted) return
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer)
          waiting.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const timer = setTimeout(done, Math.min(atMostMs, lookEveryMs, due ?? lookEveryMs))
        waiting.add(done)
        signal.addEventListener('abort', done)
      })
    },
    async [Symbol.asyncDispose]() {
      wake()
      await Promise.all(heard.map((one) => one.close()))
    },
  }
}
