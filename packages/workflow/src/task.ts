import { isBranded, operatorBrand, taskBrand } from './brands.ts'
import type { TaskContext } from './context.ts'
import type { Json } from './json.ts'
import type { TaskOptionsInput } from './task-options.ts'

/**
 * One step of a workflow. Users subclass it and supply `run`; `preRun` comes before and `postRun` after it, when it
 * succeeded. `rollback` is never called by an engine: it is for people who have to undo a run by hand.
 *
 * A class is one kind of step, made anew for every attempt: what stands in its properties does not outlive the attempt.
 * What an attempt leaves to others is what `run` returns: JSON of moderate size (files and tables are handed on by name).
 * It may run more than once for the same item of work, because workers can be lost: write it so that this does no harm.
 *
 * A task that holds something open may have `[Symbol.asyncDispose]()` or `[Symbol.dispose]()`: it is called at the end of
 * every attempt, however that went. `postRun` is not called after a failure.
 */
export abstract class Task<Params = Readonly<Record<string, Json>>, Item = unknown> {
  static {
    Object.defineProperty(Task.prototype, taskBrand, { value: true })
  }

  static readonly retries?: number
  static readonly retryDelaySeconds?: number
  /** Everything else that decides how the task is run. */
  static readonly options?: TaskOptionsInput
  /** Connections the task may ask for, by name. */
  static readonly connections?: readonly string[]
  /** Secrets the task may ask for, by name. */
  static readonly secrets?: readonly string[]

  // biome-ignore lint/suspicious/noConfusingVoidType: tasks without an output return nothing
  abstract run(context: TaskContext<Params, Item>): Promise<Json | void> | Json | void

  preRun(_context: TaskContext<Params, Item>): Promise<void> | void {}
  postRun(_context: TaskContext<Params, Item>): Promise<void> | void {}
  rollback(_context: TaskContext<Params, Item>): Promise<void> | void {}
}

// biome-ignore lint/suspicious/noExplicitAny: any parameters and item; the node's own types are checked where it is added
export type AnyTask = Task<any, any>
export type TaskClass<T extends AnyTask = AnyTask> = (new () => T) & {
  readonly retries?: number
  readonly retryDelaySeconds?: number
  readonly options?: TaskOptionsInput
  readonly connections?: readonly string[]
  readonly secrets?: readonly string[]
}

/**
 * A ready-made task with its configuration: plain JSON, in which texts are templates that are filled in when it runs.
 * `operator` and `config` stand in the manifest, so that such a node can be run where the code of the workflow is not.
 * Constructors of subclasses take the configuration alone: the operator is made anew from the filled-in one before it runs.
 */
export abstract class Operator<Config extends Json = Json> extends Task {
  static {
    Object.defineProperty(Operator.prototype, operatorBrand, { value: true })
  }

  /** Name in the registry of operators, such as `sql`. */
  abstract readonly operator: string
  /** Fields of the configuration whose texts are taken as they are. */
  static readonly noTemplateFields?: readonly string[]
  readonly config: Config
  /** Connections that the configuration names. */
  get connections(): readonly string[] {
    return []
  }
  get secrets(): readonly string[] {
    return []
  }
  constructor(config: Config) {
    super()
    this.config = config
  }
}

/** A task that chooses which of its direct downstreams go on; the others are skipped. */
export abstract class BranchTask<Params = Readonly<Record<string, Json>>, Item = unknown> extends Task<Params, Item> {
  /** Ids or classes of direct downstreams; none skips them all. */
  abstract choose(
    context: TaskContext<Params, Item>,
  ): Promise<NodeRef | readonly NodeRef[]> | NodeRef | readonly NodeRef[]

  /** What was chosen, as ids. */
  override async run(context: TaskContext<Params, Item>): Promise<Json> {
    const chosen = await this.choose(context)
    return (Array.isArray(chosen) ? chosen : [chosen]).map((ref) => refName(ref as NodeRef))
  }
}

/** A node by its id, by the class it was added with, or by the operator itself. */
export type NodeRef = string | TaskClass | AnyTask

export type OutputOf<Ref> = Ref extends string
  ? Json
  : Ref extends new () => infer T
    ? T extends AnyTask
      ? Awaited<ReturnType<T['run']>>
      : Json
    : Ref extends AnyTask
      ? Awaited<ReturnType<Ref['run']>>
      : Json

/** Whether it is a task, also one of a duplicate copy of this package. */
export function isTask(value: unknown): value is AnyTask {
  return isBranded(value, taskBrand) && typeof (value as AnyTask).run === 'function'
}

export function isTaskClass(value: unknown): value is TaskClass {
  return typeof value === 'function' && isTask(value.prototype)
}

export function isOperator(task: AnyTask): task is Operator {
  return isBranded(task, operatorBrand)
}

/** A task that chooses among its downstreams: a BranchTask, or an operator with a method `choose`. */
export function isBranch(task: AnyTask | TaskClass): boolean {
  return 'choose' in (typeof task === 'function' ? task.prototype : task)
}

/** The id a reference stands for when it was added without one. */
export function refName(ref: NodeRef): string {
  if (typeof ref === 'string') return ref
  return typeof ref === 'function' ? ref.name : ref.constructor.name
}
