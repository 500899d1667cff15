import type { WorkerApi } from '@millrace/engine'
import type { LogChanges } from './log-changes.ts'

/** The same, and whoever follows a log hears of what is added to it, and of its end. */
export function tellingWorkerApi(api: WorkerApi, changes: LogChanges): WorkerApi {
  return {
    ...api,
    async exchange(request, signal) {
      const answer = await api.exchange(request, signal)
      for (const ref of answer.settled) changes.tell(ref)
      return answer
    },
    async appendLog(ref, lines) {
      await api.appendLog(ref, lines)
      changes.tell(ref)
    },
  }
}
