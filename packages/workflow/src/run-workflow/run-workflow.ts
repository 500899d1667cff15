import { resolveParams } from '../params.ts'
import type { AnyWorkflow } from '../workflow.ts'
import { LocalRun } from './local-run.ts'
import type { RunWorkflowOptions, WorkflowRunResult } from './run-options.ts'
import { virtualTime } from './virtual-time.ts'

/**
 * Runs a workflow in this process, with the rules of the engine: trigger rules, retries, timeouts, mapping, branches,
 * deferrals, pools and concurrency keys. A task that fails is part of the result and is not thrown. Tasks cannot be
 * ended by force here: one that ignores its signal is given up after the grace time; and isolation and limits of memory play
 * no part.
 *
 * @throws ConfigError for a workflow or parameters that do not hold
 */
export async function runWorkflow(workflow: AnyWorkflow, options: RunWorkflowOptions = {}): Promise<WorkflowRunResult> {
  workflow.validate()
  const params = resolveParams(workflow, options.params)
  return await new LocalRun(workflow, params, options).start()
}

/**
 * The same for tests: pauses before retries and of deferrals take no time, unless a clock and a wait are given, and the
 * trigger is `test`.
 */
export async function testWorkflow(
  workflow: AnyWorkflow,
  options: RunWorkflowOptions = {},
): Promise<WorkflowRunResult> {
  const time = options.clock || options.wait ? {} : virtualTime()
  return await runWorkflow(workflow, { trigger: 'test', ...time, ...options })
}
