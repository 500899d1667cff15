import { printerOfCurrentTask, type RunEvent, type WorkflowManifest } from '@millrace/workflow'
import { capturePrinted } from './capture-printed.ts'
import { createRunEvents } from './run-events.ts'
import { createRunLines, logText } from './run-lines.ts'
import { createRunTree, type RunView } from './run-tree.ts'

export interface RunViewOptions {
  readonly title: string
  readonly manifest: Pick<WorkflowManifest, 'nodes' | 'groups'>
  /** Events for programs instead of what people read. */
  readonly json: boolean
  /** Shows all lines of logs: on a terminal, too, and with what is only for debugging. */
  readonly logs: boolean
  readonly mask: (text: string) => string
}

/** Shows a run of this process: as a tree on a terminal, else line by line, or as JSON. What tasks print becomes their log. */
export function showRun({ title, manifest, json, logs, mask }: RunViewOptions): RunView {
  const { nodes, groups } = manifest
  const isLive = !json && process.stdout.isTTY === true && process.env.TERM !== 'dumb'
  const captured = capturePrinted((source, line) => {
    const print = printerOfCurrentTask()
    if (print) print(source, line)
    else if (json || source === 'stderr') captured.err(`${mask(line)}\n`)
    else view.line(line)
  })
  const { out: write, err: warn } = captured
  const view = json
    ? createRunEvents({ write, warn, nodes, mask })
    : isLive
      ? createRunTree({ stream: terminal(write), title, nodes, groups, mask })
      : createRunLines({ write, nodes, mask, debug: logs })
  const onEvent = (event: RunEvent) => {
    view.onEvent(event)
    if (!isLive || !logs || event.kind !== 'log') return
    const name = event.mapIndex === null ? event.node : `${event.node}[${event.mapIndex}]`
    for (const text of logText(event.entry).split('\n')) view.line(`${name} | ${text}`)
  }
  return {
    ...view,
    onEvent,
    [Symbol.dispose]() {
      captured[Symbol.dispose]()
      view[Symbol.dispose]()
    },
  }
}

/** Standard output with its size as it is when it is asked for, past the capture. */
function terminal(write: (text: string) => void) {
  return {
    isTTY: true,
    get columns() {
      return process.stdout.columns
    },
    get rows() {
      return process.stdout.rows
    },
    write,
  }
}
