import { readGuideSettings, startTelemetry } from '@millrace/core'
import { serveTasks } from '@millrace/engine/task-host'

// What the processes that run tasks are started with. Operators are loaded when one is wanted: a task that is a class
// starts without them.
const telemetry = await startTelemetry(readGuideSettings())
await serveTasks({
  async createOperator(name, config) {
    const { createOperator } = await import('@millrace/operators')
    return createOperator(name, config)
  },
  beforeExit: () => telemetry.shutdown(),
})
