import type { FailureReason } from './outcome.ts'

/** What an executor aborts a task's signal with, to say why the attempt ends. Any other reason counts as `cancelled`. */
export class StopTask extends Error {
  override readonly name = 'StopTask'
  readonly reason: FailureReason
  readonly code: string

  constructor(reason: FailureReason, message: string, code = `TASK_${reason.toUpperCase()}`) {
    super(message)
    this.reason = reason
    this.code = code
  }
}
