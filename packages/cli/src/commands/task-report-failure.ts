import { failureBus, type RunFailure, reportFailure } from '@millrace/engine'
import { type Context, exitCodes } from '../context.ts'

export interface ReportFailureRequest {
  readonly workflow: string
  readonly version: string
  readonly task: string
  readonly runId?: string
  readonly logUrl?: string
}

/** Ends with 0 whatever becomes of it: what calls it has a failure of its own to end with. */
export async function taskReportFailure(request: ReportFailureRequest, context: Context): Promise<number> {
  const warn = (text: string) => context.err(`${context.secrets.mask(text)}\n`)
  try {
    const bus = failureBus()
    if (bus === null) {
      context.err('No failure bus is configured: neither MESH_CONFIG names one, nor is an ISB_ variable set.\n')
      return exitCodes.done
    }
    context.secrets.add([bus.password])
    const failure: RunFailure = {
      workflowName: request.workflow,
      workflowVersion: request.version,
      taskName: request.task,
      ...(request.runId ? { dagRunId: request.runId } : {}),
      ...(request.logUrl ? { logUrl: request.logUrl } : {}),
    }
    if (await reportFailure(bus, failure, { warn, signal: context.signal })) {
      context.err(`The failure of ${request.task} was published to ${bus.host}:${bus.port}.\n`)
    }
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error))
  }
  return exitCodes.done
}
