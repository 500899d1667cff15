import { serveTasks } from '@millrace/engine/task-host'

serveTasks({
  createOperator: async (name, config) => (await import('@millrace/operators')).createOperator(name, config),
})
