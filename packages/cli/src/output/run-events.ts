import type { RunEvent } from '@millrace/workflow'
import { createRunModel, type ShownNode } from './run-model.ts'
import type { RunView } from './run-tree.ts'

export interface RunEventsOptions {
  readonly write: (text: string) => void
  /** Takes what is no event. */
  readonly warn: (text: string) => void
  readonly nodes: readonly ShownNode[]
  readonly mask?: (text: string) => string
}

/** Tasks may tell of their progress as often as they like. */
const progressEveryMs = 100

/** Events as JSON, one a line, for programs. */
export function createRunEvents({ write, warn, nodes, mask = (text) => text }: RunEventsOptions): RunView {
  const model = createRunModel(nodes)
  const progressAt = new Map<string, number>()
  return {
    model,
    line: (text) => warn(`${mask(text)}\n`),
    onEvent(event) {
      model.apply(event)
      if (event.kind === 'progress') {
        const key = `${event.runId} ${event.node} ${event.mapIndex}`
        const at = event.at.getTime()
        if (at - (progressAt.get(key) ?? 0) < progressEveryMs) return
        progressAt.set(key, at)
      }
      write(`${mask(JSON.stringify(withType(event)))}\n`)
    },
    [Symbol.dispose]() {},
  }
}

function withType({ kind, ...event }: RunEvent): object {
  return { type: kind, ...event }
}
