import type { Db } from '@millrace/db'
import { channels } from '@millrace/engine'
import { createTopics, type Watch } from '../topics.ts'

/** Tells those who follow runs when to look again. */
export interface RunChanges extends AsyncDisposable {
  watch(runId: number): Watch
}

/** Listens once for all who follow; what is said about a run that nobody follows costs nothing. */
export async function listenForRuns(db: Db): Promise<RunChanges> {
  const topics = createTopics()
  const heard = await db.listen(channels.run, topics.tell, { onReconnect: topics.tellAll })
  return {
    watch: (runId) => topics.watch(String(runId)),
    async [Symbol.asyncDispose]() {
      topics.tellAll()
      await heard.close()
    },
  }
}
