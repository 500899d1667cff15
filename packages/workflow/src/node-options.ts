import type { Json } from './json.ts'
import type { AnyTask, NodeRef, OutputOf, TaskClass } from './task.ts'
import type { TaskOptionsInput } from './task-options.ts'

export type NodeOptions<Over extends NodeRef = NodeRef> = TaskOptionsInput & {
  /** Default: the name of the class. Groups come before it: `load.orders`. */
  readonly id?: string
  /**
   * What comes before: classes, operators, ids of nodes or of groups. They are looked up in the group first, then in
   * the groups around.
   */
  readonly upstreams?: NodeRef | readonly NodeRef[]
  /** Runs the task once for each element of this one's output, which has to be a list. It is an upstream as well. */
  readonly mapOver?: Over
  /** Id of a group that is there already. */
  readonly group?: string
  /** Fixed values that the node sees as its parameters, in place of the run's. */
  readonly params?: Readonly<Record<string, Json>>
}

export interface SpacerOptions {
  readonly upstreams?: NodeRef | readonly NodeRef[]
  readonly triggerRule?: TaskOptionsInput['triggerRule']
}

export interface GroupOptions {
  readonly title?: string
  /** Come before every node of the group that nothing else of the group comes before. */
  readonly upstreams?: NodeRef | readonly NodeRef[]
}

type InstanceOf<T> = T extends new () => infer I ? I : T
type ContextOf<T> = InstanceOf<T> extends { run: (...args: infer Args) => unknown } ? Args[0] : never
type ParamsOf<T> = ContextOf<T> extends { readonly params: infer Params } ? Params : unknown
type ItemOf<T> = ContextOf<T> extends { readonly item: infer Item } ? Item : unknown

/** What a mapped task gets: an element of the list; or, when that one is mapped itself, one of its outputs. */
type ElementOf<Output> = Output extends readonly (infer Element)[] ? Element : never

type ParamsFit<Wanted, Given> = unknown extends Wanted
  ? true
  : string extends keyof Wanted
    ? true
    : Given extends Wanted
      ? true
      : false

type ItemFits<Wanted, Over> = [Over] extends [never]
  ? unknown extends Wanted
    ? true
    : false
  : unknown extends Wanted
    ? true
    : Json extends OutputOf<Over>
      ? true
      : [ElementOf<OutputOf<Over>>] extends [never]
        ? OutputOf<Over> extends Wanted
          ? true
          : false
        : ElementOf<OutputOf<Over>> extends Wanted
          ? true
          : OutputOf<Over> extends Wanted
            ? true
            : false

/** Nothing when the task fits its place; otherwise a type that no task has, whose text says what is wrong. */
export type Fitting<T extends TaskClass | AnyTask, Params, Over> =
  ParamsFit<ParamsOf<T>, Params> extends false
    ? { readonly 'the task wants other parameters than the workflow has': ParamsOf<T> }
    : ItemFits<ItemOf<T>, Over> extends false
      ? { readonly 'the task wants other items than mapOver gives': ItemOf<T> }
      : unknown
