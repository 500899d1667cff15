import { serveTasks } from '@millrace/engine/task-host'

await serveTasks({
  createOperator: async (name, config) => (await import('@millrace/operators')).createOperator(name, config),
})
