import type { TaskContext } from '../context.ts'
import type { Json } from '../json.ts'
import { resolveRef } from '../node-ref.ts'
import { Task } from '../task.ts'
import type { WorkflowGraph } from '../workflow-graph.ts'

type Stand = (context: TaskContext) => unknown

/** Runs a function in the place of a task. */
class Replacement extends Task {
  readonly #stand: Stand

  constructor(stand: Stand) {
    super()
    this.#stand = stand
  }

  override run(context: TaskContext): Promise<Json> {
    return Promise.resolve(this.#stand(context)) as Promise<Json>
  }
}

/** @throws ConfigError `NODE_UNKNOWN` for an id that the workflow does not have */
export function replacements(
  graph: WorkflowGraph,
  replace: Readonly<Record<string, Stand>> = {},
): ReadonlyMap<string, Task> {
  return new Map(
    Object.entries(replace).map(([ref, stand]) => [
      resolveRef(ref, graph, { group: null, asker: 'Option replace' }),
      new Replacement(stand),
    ]),
  )
}
