import { ConfigError, closestName } from '@millrace/core'
import { type AnyTask, type NodeRef, refName, type TaskClass } from './task.ts'

/** What a reference is looked up in. */
export interface NodeIndex {
  has(id: string): boolean
  /** Nodes of this class or operator. */
  idsOf(task: TaskClass | AnyTask): readonly string[]
  ids(): readonly string[]
}

/**
 * Id a reference stands for, looked up from a place in the graph: first among the neighbours in its own group, then in
 * the group around, up to the whole workflow.
 *
 * @throws ConfigError `NODE_UNKNOWN`; `NODE_AMBIGUOUS` when a class was added more than once in the nearest group
 */
export function resolveRef(
  ref: NodeRef,
  index: NodeIndex,
  place: {
    /** Group that the reference is made in. */
    readonly group: string | null
    /** What asks, for messages: `Node "load"`. */
    readonly asker: string
    /** What is wanted, for messages. */
    readonly wanted?: string
  },
): string {
  const { group, asker, wanted = 'a node of the workflow' } = place
  const name = refName(ref)
  const sameTask = typeof ref === 'string' ? [] : index.idsOf(ref)
  for (const scope of scopes(group)) {
    const prefix = scope === null ? '' : `${scope}.`
    if (typeof ref === 'string') {
      if (index.has(`${prefix}${ref}`)) return `${prefix}${ref}`
      continue
    }
    const found = sameTask.filter((id) => id.startsWith(prefix))
    if (found.length > 1) throw ambiguous(name, found, asker)
    if (found[0] !== undefined) return found[0]
  }
  const ids = index.ids()
  const nearest = closestName(name, ids)
  const some = ids.length > 20 ? `${ids.slice(0, 20).join(', ')} and ${ids.length - 20} more` : ids.join(', ')
  throw new ConfigError('NODE_UNKNOWN', {
    message: `${asker} names "${name}", which is not ${wanted}.${nearest ? ` Did you mean "${nearest}"?` : ''} There are: ${some || 'none yet'}.`,
    details: { ref: name },
  })
}

/** The group, the groups around it, and the workflow as null. */
function scopes(group: string | null): readonly (string | null)[] {
  const all: (string | null)[] = []
  for (let scope = group; scope !== null; ) {
    all.push(scope)
    const dot = scope.lastIndexOf('.')
    scope = dot === -1 ? null : scope.slice(0, dot)
  }
  return [...all, null]
}

function ambiguous(name: string, found: readonly string[], asker: string): ConfigError {
  return new ConfigError('NODE_AMBIGUOUS', {
    message: `${asker} names ${name}, which stands for more than one node: ${found.join(', ')}. Name the one you mean by its id.`,
    details: { ref: name, found },
  })
}
