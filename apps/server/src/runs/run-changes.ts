import type { Db } from '@millrace/db'
import { channels } from '@millrace/engine'
import { createTopics, type Watch } from '../topics.ts'

/** Tells those who follow runs when to look again. */
export interface RunChanges extends AsyncDisposable {
  watch(runId: number): Watch
  /** Calls at once, whenever something is said of the run or may have been missed. */
  on(runId: number, wake: () => void): Disposable
  /** The same for all runs; null: what was said of any of them may have been missed. */
  onAny(wake: (runId: number | null) => void): Disposable
}

/** Listens once for all who follow; what is said about a run that nobody follows costs nothing. */
export async function listenForRuns(db: Db): Promise<RunChanges> {
  const topics = createTopics()
  const listeners = new Set<(runId: number | null) => void>()
  const tell = (payload: string) => {
    topics.tell(payload)
    for (const wake of listeners) wake(Number(payload))
  }
  const tellAll = () => {
    topics.tellAll()
    for (const wake of listeners) wake(null)
  }
  const heard = await db.listen(channels.run, tell, { onReconnect: tellAll })
  return {
    watch: (runId) => topics.watch(String(runId)),
    on: (runId, wake) => topics.on(String(runId), wake),
    onAny(wake) {
      listeners.add(wake)
      return { [Symbol.dispose]: () => void listeners.delete(wake) }
    },
    async [Symbol.asyncDispose]() {
      tellAll()
      await heard.close()
    },
  }
}
