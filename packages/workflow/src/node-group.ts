import { ConfigError } from '@millrace/core'
import { compileTaskOptions } from './compile-task-options.ts'
import { type InlineOptions, inlinedParams } from './inlined-params.ts'
import type { Json } from './json.ts'
import type { ParamSource } from './manifest.ts'
import type { Fitting, GroupOptions, NodeOptions, SpacerOptions } from './node-options.ts'
import { resolveRef } from './node-ref.ts'
import { type AnyTask, isTask, isTaskClass, type NodeRef, refName, type TaskClass } from './task.ts'
import type { TaskOptionsInput } from './task-options.ts'
import type { Workflow } from './workflow.ts'
import type { WorkflowGraph, WorkflowNode } from './workflow-graph.ts'
import { checkNodeId } from './workflow-names.ts'

/** What all groups of a workflow share. */
interface Inherited {
  /** Options of all tasks, unless their class or node says otherwise. */
  readonly defaults: TaskOptionsInput | undefined
  /** Parameters that tasks may be given; null: any. */
  readonly paramNames: readonly string[] | null
}

/** A place that nodes are added to: a group, or the whole workflow. */
export class NodeGroup<Params> {
  /** Holds the nodes of all groups. */
  readonly graph: WorkflowGraph
  readonly #path: string | null
  readonly #inherited: Inherited

  constructor(graph: WorkflowGraph, path: string | null, inherited: Inherited) {
    this.graph = graph
    this.#path = path
    this.#inherited = inherited
  }

  /**
   * Adds a task: its class, of which an object is made for every attempt, or an operator. Any other instance is used for
   * all attempts in a process.
   *
   * @throws ConfigError `TASK_INVALID`, `NODE_ID_TAKEN`, `NODE_ID_INVALID`, `NODE_UNKNOWN`, `NODE_AMBIGUOUS`,
   *   `TASK_OPTION_INVALID`
   */
  addNode<T extends TaskClass | AnyTask, Over extends NodeRef = never>(
    task: T & Fitting<T, Params, Over>,
    options: NodeOptions<Over> = {},
  ): this {
    const { id, upstreams, mapOver, group, params, ...taskOptions } = options as NodeOptions
    if (!isTaskClass(task) && !isTask(task)) throw notATask(task, 'can be added as a node')
    if (group !== undefined) {
      this.#existing(group).addNode(task as never, { ...options, group: undefined } as never)
      return this
    }
    const path = this.#pathOf(id ?? nameOf(task))
    const of = (isTaskClass(task) ? task : task.constructor) as TaskClass
    const { retries, retryDelaySeconds } = of
    this.#add(
      {
        id: path,
        task,
        options: compileTaskOptions(path, [
          this.#inherited.defaults,
          of.options,
          { ...(retries !== undefined && { retries }), ...(retryDelaySeconds !== undefined && { retryDelaySeconds }) },
          taskOptions,
        ]),
        mapOver: mapOver === undefined ? null : this.#one(mapOver, `Node "${path}"`),
        group: this.#path,
        params: params === undefined ? null : fixedParams(params),
      },
      this.#upstreams(upstreams, `Node "${path}"`),
    )
    return this
  }

  /** Adds a node that does nothing but join what comes before it with what comes after. */
  addSpacer(id: string, { upstreams, triggerRule }: SpacerOptions = {}): this {
    const path = this.#pathOf(id)
    const options = compileTaskOptions(path, [{ ...(triggerRule !== undefined && { triggerRule }) }])
    this.#add(
      { id: path, task: null, options, mapOver: null, group: this.#path, params: null },
      this.#upstreams(upstreams, `Spacer "${path}"`),
    )
    return this
  }

  /** @throws ConfigError `WORKFLOW_CYCLE`, naming the nodes of the cycle; `NODE_UNKNOWN` */
  addEdge(upstream: NodeRef, downstream: NodeRef): this {
    const asker = `The edge from ${describe(upstream)} to ${describe(downstream)}`
    const ups = this.#leaves(this.#resolve(upstream, asker))
    const down = this.#resolve(downstream, asker)
    for (const root of this.graph.findGroup(down) ? this.#roots(down) : [down]) {
      for (const up of ups) this.graph.addEdge(up, root)
    }
    return this
  }

  /**
   * Adds a group: the ids of its nodes begin with the group's. As an upstream it stands for its last nodes.
   *
   * @throws ConfigError `GROUP_EMPTY`
   */
  group(id: string, fill: (group: NodeGroup<Params>) => unknown): this
  group(id: string, options: GroupOptions, fill: (group: NodeGroup<Params>) => unknown): this
  group(
    id: string,
    ...args: [(group: NodeGroup<Params>) => unknown] | [GroupOptions, (group: NodeGroup<Params>) => unknown]
  ): this {
    const [options, fill] = args.length === 1 ? [{}, args[0]] : args
    return this.#addGroup(id, options, fill)
  }

  /**
   * Adds all nodes of another workflow as a group. Its schedule plays no part. Each of its parameters comes from the
   * parameter of the same name, unless `params` says otherwise, else from its default.
   *
   * @throws ConfigError `PARAM_UNKNOWN`, `PARAM_MISSING`, `PARAM_INVALID`
   */
  addWorkflow<ChildParams>(child: Workflow<ChildParams>, options: InlineOptions<ChildParams, Params> = {}): this {
    const { id = child.name, params, upstreams, title = child.title ?? undefined } = options
    const sources = inlinedParams(child, this.#inherited.paramNames, params)
    const fill = (group: NodeGroup<Params>) => group.#copy(child.graph, sources)
    return this.#addGroup(
      id,
      { ...(title !== undefined && { title }), ...(upstreams !== undefined && { upstreams }) },
      fill,
    )
  }

  #addGroup(id: string, { title, upstreams }: GroupOptions, fill: (group: NodeGroup<Params>) => unknown): this {
    const path = this.#pathOf(id)
    const before = this.#upstreams(upstreams, `Group "${path}"`)
    this.graph.addGroup({ id: path, title: title ?? null, parent: this.#path })
    const group = new NodeGroup<Params>(this.graph, path, this.#inherited)
    fill(group)
    const roots = this.#roots(path)
    if (roots.length === 0) {
      throw new ConfigError('GROUP_EMPTY', {
        message: `Group "${path}" has no nodes. Add some in its function, without waiting for anything, or leave the group out.`,
        details: { group: path },
      })
    }
    for (const root of roots) for (const up of before) this.graph.addEdge(up, root)
    return this
  }

  #copy(child: WorkflowGraph, sources: Readonly<Record<string, ParamSource>> | null): void {
    const path = (id: string) => this.#pathOf(id, 'of a workflow')
    for (const { id, title, parent } of child.groups) {
      this.graph.addGroup({ id: path(id), title, parent: parent === null ? this.#path : path(parent) })
    }
    for (const node of child.nodes()) {
      this.#add(
        {
          ...node,
          id: path(node.id),
          mapOver: node.mapOver === null ? null : path(node.mapOver),
          group: node.group === null ? this.#path : path(node.group),
          params: throughSources(node.params, sources),
        },
        child.upstreams(node.id).map(path),
      )
    }
  }

  #add(node: WorkflowNode, upstreams: readonly string[]): void {
    this.graph.addNode(node)
    for (const up of node.mapOver === null ? upstreams : [...upstreams, node.mapOver]) this.graph.addEdge(up, node.id)
  }

  #existing(group: string): NodeGroup<Params> {
    const path = this.#resolve(group, 'addNode')
    if (this.graph.findGroup(path) === undefined) {
      throw new ConfigError('GROUP_UNKNOWN', {
        message: `"${path}" is a node, not a group. Make a group first: workflow.group('${group}', (group) => …).`,
        details: { group },
      })
    }
    return new NodeGroup<Params>(this.graph, path, this.#inherited)
  }

  #pathOf(id: string, of?: 'of a workflow'): string {
    const path = this.#path === null ? id : `${this.#path}.${id}`
    if (of === undefined) checkNodeId(id, path)
    return path
  }

  #upstreams(given: NodeOptions['upstreams'], asker: string): readonly string[] {
    if (given === undefined) return []
    const refs = Array.isArray(given) ? (given as readonly NodeRef[]) : [given as NodeRef]
    return [...new Set(refs.flatMap((ref) => this.#leaves(this.#resolve(ref, asker))))]
  }

  #one(ref: NodeRef, asker: string): string {
    const id = this.#resolve(ref, asker)
    if (this.graph.find(id)?.task) return id
    throw new ConfigError('MAP_INVALID', {
      message: `${asker} is mapped over "${id}", which has no output of its own. Map over a task.`,
      details: { mapOver: id },
    })
  }

  #resolve(ref: NodeRef, asker: string): string {
    if (typeof ref !== 'string' && !isTaskClass(ref) && !isTask(ref)) {
      throw notATask(ref, `can be an upstream. ${asker} names it`)
    }
    return resolveRef(ref, this.graph, { group: this.#path, asker })
  }

  /** Nodes of a group that nothing of the group comes after; a node is its own leaf. */
  #leaves(id: string): readonly string[] {
    if (this.graph.findGroup(id) === undefined) return [id]
    return this.graph.inGroup(id).filter((node) => !this.graph.downstreams(node).some((down) => isIn(down, id)))
  }

  #roots(group: string): readonly string[] {
    return this.graph.inGroup(group).filter((node) => !this.graph.upstreams(node).some((up) => isIn(up, group)))
  }
}

function isIn(id: string, group: string): boolean {
  return id.startsWith(`${group}.`)
}

function fixedParams(params: Readonly<Record<string, Json>>): WorkflowNode['params'] {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { value }]))
}

/** A parameter of an inlined workflow's own inlined workflow comes from where the outer one says. */
function throughSources(
  inner: WorkflowNode['params'],
  outer: Readonly<Record<string, ParamSource>> | null,
): WorkflowNode['params'] {
  if (inner === null || outer === null) return inner ?? outer
  const entries = Object.entries(inner).map(([name, source]) => [
    name,
    'param' in source ? outer[source.param] : source,
  ])
  return Object.fromEntries(entries.filter(([, source]) => source !== undefined))
}

function nameOf(task: TaskClass | AnyTask): string {
  const name = refName(task)
  if (name !== '') return name
  throw new ConfigError('NODE_ID_INVALID', {
    message: `A task whose class has no name needs an id: addNode(task, { id: '…' }).`,
  })
}

/** A ConfigError, since it is the code of the workflow that has to be changed. */
function notATask(value: unknown, sentence: string): ConfigError {
  return new ConfigError('TASK_INVALID', {
    message: `${describe(value)} is no task: only a class that extends Task, or an object of one, ${sentence}.`,
  })
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  if (typeof value === 'function') return value.name || 'An anonymous function'
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'An object'
  return String(value)
}
