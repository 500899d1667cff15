import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LogEntry, TaskRunResult, WorkflowRunResult } from '@millrace/workflow'
import { duration } from './amounts.ts'
import { printable } from './printable.ts'
import { logText } from './run-lines.ts'
import { countStates, countsText, stateName } from './run-words.ts'

const linesShown = 20
const failuresShown = 5

/** The last lines of the log of every task, as much as a report shows. */
export class RecentLogs {
  readonly #entries = new Map<string, LogEntry[]>()

  add(node: string, mapIndex: number | null, entry: LogEntry): void {
    const key = keyOf(node, mapIndex)
    const entries = this.#entries.get(key) ?? []
    this.#entries.set(key, entries)
    entries.push(entry)
    // In blocks, since moving a list at every line costs more than its length.
    if (entries.length > 4 * linesShown) entries.splice(0, entries.length - linesShown)
  }

  of(node: string, mapIndex: number | null): readonly LogEntry[] {
    return this.#entries.get(keyOf(node, mapIndex))?.slice(-linesShown) ?? []
  }
}

function keyOf(node: string, mapIndex: number | null): string {
  return mapIndex === null ? node : `${node}[${mapIndex}]`
}

export interface ReportOptions {
  readonly logs: RecentLogs
  /** Of the project: frames of its code are what a person looks for. */
  readonly folder: string
  /** The command that runs these nodes again. */
  readonly again: (nodes: readonly string[]) => string
}

/** Every task that failed: why, where in the project's code, the end of its log; and how to run it again. */
export function failureReport({ tasks }: WorkflowRunResult, { logs, folder, again }: ReportOptions): string {
  const failed = failedTasks(tasks)
  if (failed.length === 0) return ''
  const blocks = failed.slice(0, failuresShown).map((task) => taskBlock(task, logs, folder))
  const more = failed.length > failuresShown ? [`… and ${failed.length - failuresShown} more failed.`] : []
  const nodes = [...new Set(failed.map(({ id }) => id))]
  const next = `Run only ${nodes.length === 1 ? 'this' : 'these'} again: ${again(nodes)}`
  return `\n${[...blocks, ...more, next].join('\n\n')}\n`
}

/** Of a mapped node its items, which say more. */
export function failedTasks(tasks: readonly TaskRunResult[]): readonly TaskRunResult[] {
  const items = new Set(tasks.flatMap((task) => (task.mapIndex !== null && task.state === 'failed' ? [task.id] : [])))
  return tasks.filter(({ id, mapIndex, state }) => state === 'failed' && (mapIndex !== null || !items.has(id)))
}

function taskBlock({ id, mapIndex, attempts, failure }: TaskRunResult, logs: RecentLogs, folder: string): string {
  const tries = attempts > 1 ? ` after ${attempts} attempts` : ''
  const message = printable(failure?.message ?? 'It says no more.', { lines: true })
  const lines = [`error: ${keyOf(id, mapIndex)} failed${tries}: ${message}${failure ? ` [${failure.code}]` : ''}`]
  const place = placeOf(failure?.stack, folder)
  if (place !== null) lines.push(`  at ${place}`)
  const entries = logs.of(id, mapIndex)
  if (entries.length > 0) {
    lines.push('  The end of its log:')
    for (const entry of entries) {
      const time = new Date(entry.at).toTimeString().slice(0, 8)
      for (const text of logText(entry).split('\n')) lines.push(`    ${time}  ${printable(text)}`)
    }
  }
  return lines.join('\n')
}

/** The first frame in the project's own code, as `tasks/load.ts:12:5`. */
export function placeOf(stack: string | undefined, folder: string): string | null {
  for (const [, file = '', position = ''] of stack?.matchAll(
    /(?:\(|at |at async )((?:file:\/\/)?\/[^\s)]*?):(\d+:\d+)\)?/g,
  ) ?? []) {
    const path = file.startsWith('file:') ? fileURLToPath(file) : file
    const inside = relative(folder, path)
    if (inside.startsWith('..') || inside.split(sep).includes('node_modules')) continue
    return `${inside}:${position}`
  }
  return null
}

/** `Run succeeded in 2.31 s: 5 succeeded` */
export function summaryLine({ state, startedAt, endedAt, tasks, failure }: WorkflowRunResult): string {
  const counts = countStates(tasks.filter(({ mapIndex }) => mapIndex === null))
  const items = tasks.filter(({ mapIndex }) => mapIndex !== null)
  const ofItems = items.length > 0 ? `; items: ${countsText(countStates(items))}` : ''
  const took = duration(endedAt.getTime() - startedAt.getTime())
  const why = failure === null ? '' : ` ${printable(failure.message)}`
  return `Run ${stateName(state)} in ${took}: ${countsText(counts)}${ofItems}.${why}`
}
