import type { Schema } from '../api/index.ts'
import { Duration } from '../ui/index.ts'

/** How long a task took, or takes so far; nothing while it waits for its next try, since nothing of it runs. */
export function TaskDuration({
  task,
}: {
  readonly task: Pick<Schema<'TaskRun'>, 'state' | 'started_at' | 'ended_at'>
}) {
  const { state, started_at, ended_at } = task
  return <Duration from={state === 'ready' ? undefined : started_at} to={ended_at} />
}
