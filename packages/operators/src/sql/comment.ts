import type { TaskContext } from '@millrace/workflow'

/** Names the task at the server, in lists of running statements and in its log. */
export function leadingComment({ run, task }: Pick<TaskContext, 'run' | 'task'>): string {
  const item = task.mapIndex === null ? '' : ` item=${task.mapIndex}`
  const text = `millrace workflow=${run.workflow} version=${run.version} run=${run.id} task=${task.id}${item} attempt=${task.attempt}`
  // Names hold nothing that could end the comment, but nothing is left to that; `?` and `:` could be read as parameters.
  return `/* ${text.replaceAll(/[^\w.\-= ]/g, '_')} */`
}
