import { FatalError } from '@millrace/core'
import {
  type AnyTask,
  type AnyWorkflow,
  type AttemptSpec,
  type Json,
  loadWorkflow,
  type RunTaskOptions,
} from '@millrace/workflow'

export interface LoadedTask {
  readonly task: AnyTask
  /** Of a workflow's task. */
  readonly index: RunTaskOptions['index']
}

/**
 * Makes the task of an attempt. A workflow is imported once and stays: a process serves one version of a package.
 * The working directory is then the package's folder, as it is on the machine where the workflow was written.
 */
export function taskLoader(
  createOperator: (name: string, config: Json) => AnyTask | Promise<AnyTask>,
): (spec: AttemptSpec, folder: string | null) => Promise<LoadedTask> {
  const workflows = new Map<string, Promise<AnyWorkflow>>()
  return async ({ node, source }, folder) => {
    if (node.operator !== null) {
      return { task: await createOperator(node.operator.name, node.operator.config), index: undefined }
    }
    if (source === null || folder === null) {
      throw new FatalError('TASK_SOURCE_MISSING', {
        message: `The task ${node.id} is a class, but its workflow has no package. Build and deploy the workflow again.`,
      })
    }
    if (process.cwd() !== folder) process.chdir(folder)
    const key = `${source.module}#${source.export}`
    const loading = workflows.get(key) ?? loadWorkflow({ folder, ...source })
    workflows.set(key, loading)
    const workflow = await loading
    return { task: workflow.createTask(node.id), index: workflow.graph }
  }
}
