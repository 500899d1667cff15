import { ConfigError } from '@millrace/core'
import { DirectedGraph } from 'graphology'
import { topologicalSort } from 'graphology-dag'
import type { ParamSource } from './manifest.ts'
import type { NodeIndex } from './node-ref.ts'
import type { AnyTask, TaskClass } from './task.ts'
import type { TaskOptions } from './task-options.ts'

/** A task's place in a workflow. */
export interface WorkflowNode {
  /** With its groups: `load.orders`. */
  readonly id: string
  /** What is run: a class, made anew for each attempt, or an instance. Null: a spacer. */
  readonly task: TaskClass | AnyTask | null
  readonly options: TaskOptions
  readonly mapOver: string | null
  readonly group: string | null
  /** Of the workflow the node was written for, when that is part of another one. */
  readonly params: Readonly<Record<string, ParamSource>> | null
}

export interface WorkflowGroup {
  readonly id: string
  readonly title: string | null
  readonly parent: string | null
}

/** Nodes by id, and which comes before which. Never holds a cycle. */
export class WorkflowGraph implements NodeIndex {
  readonly #graph = new DirectedGraph<{ node: WorkflowNode }>()
  readonly #groups = new Map<string, WorkflowGroup>()
  readonly #idsByTask = new Map<object, string[]>()

  get size(): number {
    return this.#graph.order
  }

  get groups(): readonly WorkflowGroup[] {
    return [...this.#groups.values()]
  }

  /** In a topological order that depends on nothing but the order they were added in. */
  nodes(): readonly WorkflowNode[] {
    return topologicalSort(this.#graph).map((id) => this.#graph.getNodeAttribute(id, 'node'))
  }

  /** Of nodes and groups. */
  ids(): readonly string[] {
    return [...this.#graph.nodes(), ...this.#groups.keys()]
  }

  /** Nodes and groups. */
  has(id: string): boolean {
    return this.#graph.hasNode(id) || this.#groups.has(id)
  }

  idsOf(task: TaskClass | AnyTask): readonly string[] {
    return this.#idsByTask.get(task) ?? []
  }

  find(id: string): WorkflowNode | undefined {
    return this.#graph.hasNode(id) ? this.#graph.getNodeAttribute(id, 'node') : undefined
  }

  findGroup(id: string): WorkflowGroup | undefined {
    return this.#groups.get(id)
  }

  upstreams(id: string): readonly string[] {
    return this.#graph.inNeighbors(id)
  }

  downstreams(id: string): readonly string[] {
    return this.#graph.outNeighbors(id)
  }

  /** All nodes before this one. */
  ancestors(id: string): readonly string[] {
    const found = new Set<string>()
    const open = [...this.upstreams(id)]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue
      found.add(next)
      open.push(...this.upstreams(next))
    }
    return [...found].sort()
  }

  inGroup(group: string): readonly string[] {
    return this.#graph.nodes().filter((id) => id.startsWith(`${group}.`))
  }

  /** @throws ConfigError `NODE_ID_TAKEN` */
  addNode(node: WorkflowNode): void {
    this.#refuseTaken(node.id)
    this.#graph.addNode(node.id, { node })
    const { task } = node
    if (task === null) return
    this.#index(task, node.id)
    if (typeof task !== 'function') this.#index(task.constructor, node.id)
  }

  /** @throws ConfigError `NODE_ID_TAKEN` */
  addGroup(group: WorkflowGroup): void {
    this.#refuseTaken(group.id)
    this.#groups.set(group.id, group)
  }

  /** An edge that is there already is no error. @throws ConfigError `WORKFLOW_CYCLE`, naming the way round */
  addEdge(up: string, down: string): void {
    if (this.#graph.hasDirectedEdge(up, down)) return
    const way = this.#path(down, up)
    if (way !== undefined) {
      throw new ConfigError('WORKFLOW_CYCLE', {
        message: `Node "${down}" cannot come after "${up}": that would make the cycle ${[...way, down].join(' → ')}. Leave out one of these edges.`,
        details: { cycle: [...way, down] },
      })
    }
    this.#graph.addDirectedEdge(up, down)
  }

  /** Shortest way along the edges; of one node, when both ends are the same. */
  #path(from: string, to: string): readonly string[] | undefined {
    const cameFrom = new Map<string, string | null>([[from, null]])
    for (const id of cameFrom.keys()) {
      if (id === to) {
        const way: string[] = []
        for (let at: string | null | undefined = to; at != null; at = cameFrom.get(at)) way.unshift(at)
        return way
      }
      for (const next of this.downstreams(id)) if (!cameFrom.has(next)) cameFrom.set(next, id)
    }
    return undefined
  }

  #index(task: object, id: string): void {
    const ids = this.#idsByTask.get(task)
    if (ids === undefined) this.#idsByTask.set(task, [id])
    else ids.push(id)
  }

  #refuseTaken(id: string): void {
    if (!this.has(id)) return
    throw new ConfigError('NODE_ID_TAKEN', {
      message: `The workflow has a ${this.#groups.has(id) ? 'group' : 'node'} "${id}" already. Give the second one another id: addNode(Task, { id: '…' }).`,
      details: { id },
    })
  }
}
