import { ConfigError } from '@millrace/core'
import type { z } from 'zod'
import { workflowBrand } from './brands.ts'
import type { Json } from './json.ts'
import type { CatchupPolicy, ManifestSchedule, WorkflowManifest } from './manifest.ts'
import { manifestOf } from './manifest-of.ts'
import { NodeGroup } from './node-group.ts'
import { isZodObject } from './params.ts'
import type { RunWorkflowOptions, WorkflowRunResult } from './run-workflow/run-options.ts'
import { testWorkflow } from './run-workflow/run-workflow.ts'
import { type AnyTask, isTaskClass } from './task.ts'
import type { TaskOptionsInput } from './task-options.ts'
import { WorkflowGraph } from './workflow-graph.ts'
import { versionedName, type WorkflowIdentity, workflowName } from './workflow-names.ts'
import { workflowProblems } from './workflow-problems.ts'

export type WorkflowOptions<Params> = WorkflowIdentity & {
  /** What people read. */
  readonly title?: string
  readonly description?: string
  readonly owner?: string
  readonly tags?: readonly string[]
  /** A zod object whose values are JSON. It checks what a run is given, and is the form of the trigger. Default: any. */
  readonly params?: z.ZodType<Params>
  /** Five fields or an alias such as `@daily`; null, the default: runs are started by hand only. */
  readonly schedule?: string | null
  /** IANA name. Default `UTC`. */
  readonly timezone?: string
  /** What happens to ticks that passed while nothing could run. Default `none`; `all` is limited to the newest 100. */
  readonly catchup?: CatchupPolicy['policy'] | { readonly policy: CatchupPolicy['policy']; readonly limit?: number }
  /** No tick before. */
  readonly start?: Date | string
  readonly end?: Date | string
  /** Runs at a time; further ones wait. Default: no limit. */
  readonly maxActiveRuns?: number
  /** From the start of a run to its end. Default: no limit. */
  readonly runTimeoutSeconds?: number
  /** Options of all tasks, unless their class or `addNode` says otherwise. */
  readonly defaults?: TaskOptionsInput
}

/**
 * A versioned graph of tasks.
 *
 * ```ts
 * export const daily = new Workflow({ category: 'flights', name: 'daily', schedule: '0 6 * * *', timezone: 'Europe/Berlin' })
 *   .addNode(Extract)
 *   .addNode(Load, { upstreams: Extract, retries: 3 })
 * ```
 */
export class Workflow<Params = Readonly<Record<string, Json>>> extends NodeGroup<Params> {
  readonly name: string
  readonly version: string
  readonly category: string
  readonly title: string | null
  readonly description: string | null
  readonly owner: string | null
  /** What was given, the version, and what the name is made of. */
  readonly tags: readonly string[]
  readonly params: z.ZodObject | null
  readonly schedule: ManifestSchedule | null
  readonly maxActiveRuns: number | null
  readonly runTimeoutSeconds: number | null

  static {
    Object.defineProperty(Workflow.prototype, workflowBrand, { value: true })
  }

  /** @throws ConfigError `WORKFLOW_NAME_INVALID`, `WORKFLOW_VERSION_INVALID`, `PARAMS_SCHEMA_INVALID` */
  constructor(options: WorkflowOptions<Params>) {
    const params = options.params === undefined ? null : paramsObject(options.params)
    super(new WorkflowGraph(), null, {
      defaults: options.defaults,
      paramNames: params && Object.keys(params.shape),
    })
    const { name, version, category, tags } = workflowName(options)
    this.name = name
    this.version = version
    this.category = category
    this.title = options.title ?? null
    this.description = options.description ?? null
    this.owner = options.owner ?? null
    this.tags = [...new Set([...(options.tags ?? []), ...tags])]
    this.params = params
    this.schedule = scheduleOf(options)
    this.maxActiveRuns = options.maxActiveRuns ?? null
    this.runTimeoutSeconds = options.runTimeoutSeconds ?? null
  }

  /** `{name}_{version}` */
  get versionedName(): string {
    return versionedName(this)
  }

  /** The task of a node: for a class a new object each time. @throws ConfigError `NODE_UNKNOWN` */
  createTask(id: string): AnyTask {
    const task = this.graph.find(id)?.task
    if (task) return isTaskClass(task) ? new task() : task
    throw new ConfigError('NODE_UNKNOWN', {
      message: `Workflow "${this.versionedName}" has no task "${id}". It has: ${this.graph.ids().join(', ')}.`,
      details: { workflow: this.name, version: this.version, node: id },
    })
  }

  /**
   * Runs the workflow in this process as a test does: pauses take no time, and tasks can be replaced by functions.
   *
   * @throws ConfigError for a workflow or parameters that do not hold; tasks that fail are part of the result
   */
  test(options: RunWorkflowOptions = {}): Promise<WorkflowRunResult> {
    return testWorkflow(this, options)
  }

  /** @throws ConfigError `WORKFLOW_INVALID`, with everything that is wrong with it */
  validate(): void {
    const problems = workflowProblems(this)
    if (problems.length === 0) return
    throw new ConfigError('WORKFLOW_INVALID', {
      message: `Workflow "${this.versionedName}" cannot be used:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
      details: { workflow: this.name, version: this.version, problems },
    })
  }

  /** The immutable description of this version. @throws ConfigError `WORKFLOW_INVALID` */
  toManifest(from: Pick<WorkflowManifest, 'source' | 'package'> = { source: null, package: null }): WorkflowManifest {
    this.validate()
    return manifestOf(this, from)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: any parameters
export type AnyWorkflow = Workflow<any>

/** Also one of a duplicate copy of this package. */
export function isWorkflow(value: unknown): value is AnyWorkflow {
  return typeof value === 'object' && value !== null && workflowBrand in value
}

function paramsObject(params: unknown): z.ZodObject {
  if (isZodObject(params)) return params
  throw new ConfigError('PARAMS_SCHEMA_INVALID', {
    message: 'The parameters of a workflow have to be a zod object: params: z.object({ … }).',
  })
}

function scheduleOf(options: WorkflowOptions<unknown>): ManifestSchedule | null {
  const { schedule, timezone = 'UTC', catchup = 'none', start, end } = options
  if (schedule == null) return null
  const { policy, limit = 100 } = typeof catchup === 'string' ? { policy: catchup } : catchup
  return { cron: schedule, timezone, catchup: { policy, limit }, start: isoDate(start), end: isoDate(end) }
}

/** What is no date is kept as it is, and refused by `validate`. */
function isoDate(value: Date | string | undefined): string | null {
  if (value === undefined) return null
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString()
}
