import { createTopics, type Watch } from '../topics.ts'

/** Tells those who follow logs when to look again, as far as workers write through this server. */
export interface LogChanges {
  tell(attempt: { readonly taskRunId: number; readonly attempt: number }): void
  watch(attempt: { readonly taskRunId: number; readonly attempt: number }): Watch
  /** Calls at once, whenever something is said of any attempt of the task run. */
  on(taskRunId: number, wake: () => void): Disposable
}

export function createLogChanges(): LogChanges {
  const topics = createTopics()
  const topic = ({ taskRunId, attempt }: { readonly taskRunId: number; readonly attempt: number }) =>
    `${taskRunId}-${attempt}`
  return {
    tell(attempt) {
      topics.tell(topic(attempt))
      topics.tell(`${attempt.taskRunId}`)
    },
    watch: (attempt) => topics.watch(topic(attempt)),
    on: (taskRunId, wake) => topics.on(`${taskRunId}`, wake),
  }
}
