import type { AttemptSpec, WorkflowManifest } from '@millrace/workflow'
import type { RunRow } from './run-row.ts'

/** What a task is told of its run. */
export function runOfSpec(
  run: Pick<RunRow, 'id' | 'trigger' | 'logical_date' | 'data_interval_start' | 'data_interval_end'>,
  manifest: WorkflowManifest,
): AttemptSpec['run'] {
  return {
    id: String(run.id),
    workflow: manifest.name,
    version: manifest.version,
    trigger: run.trigger,
    logicalDate: run.logical_date.toISOString(),
    dataInterval: {
      start: run.data_interval_start?.toISOString() ?? null,
      end: run.data_interval_end.toISOString(),
    },
    timezone: manifest.schedule?.timezone ?? 'UTC',
  }
}
