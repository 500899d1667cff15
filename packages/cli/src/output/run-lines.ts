import type { LogEntry, RunEvent } from '@millrace/workflow'
import { duration } from './amounts.ts'
import { printable } from './printable.ts'
import { createRunModel, type ShownNode, type ShownTask } from './run-model.ts'
import type { RunView } from './run-tree.ts'
import { countsText, firstLine, stateName, tookMs } from './run-words.ts'

export interface RunLinesOptions {
  readonly write: (text: string) => void
  readonly nodes: readonly ShownNode[]
  /** Shows what is only for debugging, too. */
  readonly debug?: boolean
  readonly mask?: (text: string) => string
}

/** A line for everything as it happens: for pipes, logs of other systems, and terminals that cannot move the cursor. */
export function createRunLines({ write, nodes, debug = false, mask = (text) => text }: RunLinesOptions): RunView {
  const model = createRunModel(nodes)
  const line = (text: string) => write(`${printable(mask(text))}\n`)
  const at = (event: RunEvent, text: string) => line(`${clock(event.at)}  ${text}`)
  return {
    model,
    line,
    onEvent(event) {
      const found = model.apply(event)
      if (event.kind === 'run' && model.children.has(event.runId)) {
        at(event, `run of ${event.workflow} ${event.state === 'success' ? 'succeeded' : event.state}`)
      }
      if (found === null) return
      const { run, task } = found
      const name = run === task || !('mapIndex' in event) ? run.node.id : `${run.node.id}[${event.mapIndex}]`
      if (event.kind === 'log' && (debug || event.entry.level !== 'debug')) {
        for (const text of logText(event.entry).split('\n')) at(event, `${name} | ${text}`)
      }
      if (event.kind !== 'task' || run.node.kind === 'spacer') return
      const text = run === task ? nodeText(task) : itemText(task)
      if (text === null) return
      const items =
        run === task && run.items.size > 0 && event.state !== 'expanded' ? ` (${countsText(run.counts)})` : ''
      at(event, `${name} ${text}${items}`)
    },
    [Symbol.dispose]() {},
  }
}

function nodeText(task: ShownTask): string | null {
  switch (task.state) {
    case 'waiting':
      return null
    case 'expanded':
    case 'running':
      return task.attempt > 1 ? `started, attempt ${task.attempt}` : 'started'
    case 'ready':
      return readyText(task)
    default:
      return endText(task)
  }
}

/** The items of a mapped node begin and succeed without a word. */
function itemText(task: ShownTask): string | null {
  if (task.state === 'ready') return task.nextAt === null ? null : readyText(task)
  return task.state === 'failed' || task.state === 'skipped' || task.state === 'cancelled' ? endText(task) : null
}

function readyText({ nextAt, reason, failure }: ShownTask): string | null {
  if (nextAt === null) return reason
  const why = failure === null ? '' : `failed: ${firstLine(failure.message)} `
  return `${why}again in ${Math.max(0, Math.round((nextAt - Date.now()) / 1000))} s${reason === null ? '' : ` (${reason})`}`
}

function endText(task: ShownTask): string {
  const took = tookMs(task, 0)
  const why = task.failure === null ? task.reason : `${firstLine(task.failure.message)} [${task.failure.code}]`
  return `${stateName(task.state)}${took === null ? '' : ` in ${duration(took)}`}${why === null ? '' : `: ${why}`}`
}

/** As a person reads it: the level only where it matters. */
export function logText({ level, text, fields }: LogEntry): string {
  const mark = level === 'info' ? '' : `${level.toUpperCase()} `
  const rest = fields === undefined || Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`
  return `${mark}${text}${rest}`
}

function clock(at: Date): string {
  return at.toTimeString().slice(0, 8)
}
