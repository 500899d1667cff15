import { Task, type TaskContext } from '@millrace/workflow'
import { serveTasks } from './serve-tasks.ts'

/** A host whose operators are called `code` and are the text of a function of the context. */
serveTasks({
  createOperator(name, config) {
    if (name !== 'code' || typeof config !== 'string') throw new Error(`There is no operator ${name}.`)
    const run = new Function(`return ${config}`)() as (context: TaskContext) => Promise<never>
    return new (class Code extends Task {
      run(context: TaskContext) {
        return run(context)
      }
    })()
  },
})
