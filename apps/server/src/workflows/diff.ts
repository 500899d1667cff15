import { isDeepStrictEqual } from 'node:util'
import type { ManifestNode, WorkflowManifest } from '@millrace/workflow'

export interface NodeChange {
  readonly id: string
  /** Fields that differ, such as `options.retries`. */
  readonly fields: readonly string[]
}

export interface ManifestDiff {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly NodeChange[]
  /** Fields of the workflow itself that differ. */
  readonly workflow: readonly string[]
  /** Whether the code is another, which the manifest does not show. */
  readonly package_changed: boolean
}

export function diffManifests(from: WorkflowManifest, to: WorkflowManifest): ManifestDiff {
  const before = new Map(from.nodes.map((node) => [node.id, node]))
  const after = new Map(to.nodes.map((node) => [node.id, node]))
  const changed = to.nodes.flatMap((node) => {
    const old = before.get(node.id)
    const fields = old === undefined ? [] : differences(nodeFields(old), nodeFields(node))
    return fields.length === 0 ? [] : [{ id: node.id, fields }]
  })
  return {
    added: to.nodes.filter(({ id }) => !before.has(id)).map(({ id }) => id),
    removed: from.nodes.filter(({ id }) => !after.has(id)).map(({ id }) => id),
    changed,
    workflow: differences(workflowFields(from), workflowFields(to)),
    package_changed: from.package?.sha256 !== to.package?.sha256,
  }
}

/** Upstreams have no order. */
function nodeFields({ upstreams, ...node }: ManifestNode): object {
  return { ...node, upstreams: [...upstreams].sort() }
}

function workflowFields({ nodes: _nodes, version: _version, package: _package, ...rest }: WorkflowManifest): object {
  return rest
}

/** Paths of maps whose values differ; lists are compared as a whole. */
function differences(from: object, to: object, path = ''): string[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) => {
    const [a, b] = [from, to].map((side): unknown => (side as Record<string, unknown>)[key])
    if (isDeepStrictEqual(a, b)) return []
    return isMap(a) && isMap(b) ? differences(a, b, `${path}${key}.`) : [`${path}${key}`]
  })
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
