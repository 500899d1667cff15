import { enqueue, type Trx } from '@millrace/db'
import type { Engine } from '../engine.ts'
import type { RunFailure } from '../failure-bus/failure-bus.ts'
import { nodeAt, type VersionGraph } from '../runs/version-graph.ts'

export const failureTopic = 'task.failed'

/** A node that failed for good. */
export interface FailedNode {
  readonly taskRunId: number
  readonly place: number
}

/**
 * Leaves a message for each node that failed for good, in the transaction that ends it: none is lost, whatever state the
 * broker is in, and none tells of what did not happen. A mapped node is one message, however many of its items failed.
 */
export async function enqueueFailures(
  engine: Engine,
  trx: Trx,
  runId: number,
  graph: VersionGraph,
  failed: readonly FailedNode[],
): Promise<void> {
  if (engine.failureReports === null) return
  const { logUrl } = engine.failureReports
  for (const { taskRunId, place } of failed) {
    const message: RunFailure = {
      workflowName: graph.manifest.name,
      workflowVersion: graph.manifest.version,
      taskName: nodeAt(graph, place).id,
      dagRunId: String(runId),
      ...(logUrl === undefined ? {} : { logUrl: logUrl({ runId, taskRunId }) }),
    }
    await enqueue(trx, failureTopic, String(taskRunId), message)
  }
}
