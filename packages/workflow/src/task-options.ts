import type { TriggerRule } from './trigger-rule.ts'

/** How long a task may take from one point of its life to another, in seconds; null is without limit. */
export interface Timeouts {
  /** From being ready to being started: no worker, a full pool, an image that cannot be pulled. Counts for each attempt. */
  readonly scheduleToStartSeconds: number | null
  /** From start to end of one attempt. */
  readonly startToCloseSeconds: number | null
  /** From first being ready to the end of the last attempt, with all retries and deferrals. */
  readonly scheduleToCloseSeconds: number | null
  /** Between two calls of `context.heartbeat()`. The lease of the worker is watched anyway. */
  readonly heartbeatSeconds: number | null
}

export interface Resources {
  /** Memory of the attempt's process and its children, in MiB; beyond it they are ended. Null: no limit of ours. */
  readonly memoryMb: number | null
  /** Cores; what executors with a scheduler of their own reserve. */
  readonly cpu: number | null
}

/** `warm`: a process that has the workflow loaded and runs one attempt after the other. `process`: a fresh one for each attempt. */
export type Isolation = 'warm' | 'process'

/** How a node is run. Classes set them as static properties, `addNode` overrides them. */
export interface TaskOptions {
  /** Further tries after the first fails. Losses of a worker are not counted here. Default 0. */
  readonly retries: number
  /** Pause before the first retry, in seconds. Default 60. */
  readonly retryDelaySeconds: number
  /** The pause is multiplied by this after each retry. Default 1. */
  readonly retryBackoff: number
  /** Longest pause, in seconds. Default 3600. */
  readonly retryMaxDelaySeconds: number
  /** Part of the pause that is drawn by lot, 0 to 1, so that tasks that failed together do not come back together. Default 0.1. */
  readonly retryJitter: number
  readonly timeouts: Timeouts
  /** Workers say which queues they serve. Default `default`. */
  readonly queue: string
  /** Pool whose slots the attempt takes while it runs; null: none. */
  readonly pool: string | null
  /** Default 1. */
  readonly poolSlots: number
  /** The higher is claimed first. Default 0. */
  readonly priority: number
  readonly resources: Resources
  /** Default `all_success`. */
  readonly triggerRule: TriggerRule
  /** Default `warm`. */
  readonly isolation: Isolation
  /**
   * Attempts with the same key run at most `concurrencyLimit` at a time, over all runs and workflows. A Jinja2 template
   * over `params`, `item` and the dates; null: no key.
   */
  readonly concurrencyKey: string | null
  /** Default 1. */
  readonly concurrencyLimit: number
}

/** What may be given: `timeouts` and `resources` in part. */
export type TaskOptionsInput = {
  readonly [K in keyof Omit<TaskOptions, 'timeouts' | 'resources'>]?: TaskOptions[K]
} & { readonly timeouts?: Partial<Timeouts>; readonly resources?: Partial<Resources> }

export const defaultTaskOptions: TaskOptions = Object.freeze({
  retries: 0,
  retryDelaySeconds: 60,
  retryBackoff: 1,
  retryMaxDelaySeconds: 3600,
  retryJitter: 0.1,
  timeouts: Object.freeze({
    scheduleToStartSeconds: null,
    startToCloseSeconds: null,
    scheduleToCloseSeconds: null,
    heartbeatSeconds: null,
  }),
  queue: 'default',
  pool: null,
  poolSlots: 1,
  priority: 0,
  resources: Object.freeze({ memoryMb: null, cpu: null }),
  triggerRule: 'all_success',
  isolation: 'warm',
  concurrencyKey: null,
  concurrencyLimit: 1,
})
