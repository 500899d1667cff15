import { parseSchedule } from '@millrace/core'
import { longestTimeoutSeconds } from './compile-task-options.ts'
import type { ManifestSchedule } from './manifest.ts'
import { paramProblems } from './param-problems.ts'
import { isBranch } from './task.ts'
import { templateProblems } from './template-problems.ts'
import type { Workflow } from './workflow.ts'

/** Everything that is wrong with a workflow, as sentences. */
export function workflowProblems(workflow: Workflow<never>): readonly string[] {
  const { graph, params, schedule, maxActiveRuns, runTimeoutSeconds } = workflow
  const problems: string[] = []
  if (graph.size === 0) problems.push('It has no nodes. Add its tasks with addNode.')
  for (const { id, task, mapOver } of graph.nodes()) {
    if (mapOver !== null && task !== null && isBranch(task)) {
      problems.push(`Node "${id}" is a branch and mapped: its items could choose differently. Map another node.`)
    }
  }
  problems.push(...templateProblems(graph))
  if (params !== null) problems.push(...paramProblems(params))
  if (schedule !== null) problems.push(...scheduleProblems(schedule))
  if (maxActiveRuns !== null && !(Number.isSafeInteger(maxActiveRuns) && maxActiveRuns > 0)) {
    problems.push(`maxActiveRuns is ${maxActiveRuns}; it has to be a whole number from 1 on.`)
  }
  if (runTimeoutSeconds !== null && !(runTimeoutSeconds > 0 && runTimeoutSeconds <= longestTimeoutSeconds)) {
    problems.push(
      `runTimeoutSeconds is ${runTimeoutSeconds}; it has to be a number above 0 and up to ${longestTimeoutSeconds}.`,
    )
  }
  return problems
}

function scheduleProblems({ cron, timezone, catchup, start, end }: ManifestSchedule): readonly string[] {
  const problems: string[] = []
  try {
    parseSchedule({ cron, timezone })
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error))
  }
  if (!['none', 'latest', 'all'].includes(catchup.policy)) {
    problems.push(`Its catchup is "${catchup.policy}"; it has to be none, latest or all.`)
  }
  if (!(Number.isSafeInteger(catchup.limit) && catchup.limit > 0)) {
    problems.push(`Its catchup limit is ${catchup.limit}; it has to be a whole number from 1 on.`)
  }
  for (const [name, date] of [
    ['start', start],
    ['end', end],
  ] as const) {
    if (date !== null && Number.isNaN(Date.parse(date))) {
      problems.push(`Its ${name} "${date}" is no date. Write it as 2026-01-31T00:00:00Z.`)
    }
  }
  if (start !== null && end !== null && Date.parse(end) < Date.parse(start)) {
    problems.push(`Its end ${end} is before its start ${start}.`)
  }
  return problems
}
