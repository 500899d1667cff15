import { ConfigError, closestName } from '@millrace/core'
import type { RunState, TaskRunState } from '../context.ts'
import type { Json } from '../json.ts'
import type { AnyWorkflow } from '../workflow.ts'

/** A run that can be looked at while it goes on. */
export interface LiveRun {
  readonly id: string
  readonly workflow: string
  readonly dataInterval: { readonly start: Date | null; readonly end: Date }
  readonly ended: Promise<unknown>
  state(): RunState
  taskState(node: string): TaskRunState | null
}

export interface NestedTrigger {
  readonly params?: Readonly<Record<string, Json>>
  readonly key?: string
  readonly logicalDate?: string
}

/** The runs that the tasks of a run in this process have started. */
export class NestedRuns {
  readonly #workflows: ReadonlyMap<string, AnyWorkflow>
  readonly #start: (workflow: AnyWorkflow, trigger: NestedTrigger) => LiveRun
  readonly #runs = new Map<string, LiveRun>()
  readonly #byKey = new Map<string, string>()

  constructor(workflows: readonly AnyWorkflow[], start: (workflow: AnyWorkflow, trigger: NestedTrigger) => LiveRun) {
    this.#workflows = new Map(workflows.map((workflow) => [workflow.name, workflow]))
    this.#start = start
  }

  /** The id of the run. A key that was used before gives the run it stood for. @throws ConfigError `WORKFLOW_UNKNOWN` */
  trigger(name: string, trigger: NestedTrigger): string {
    const key = trigger.key === undefined ? undefined : `${name}\n${trigger.key}`
    const existing = key === undefined ? undefined : this.#byKey.get(key)
    if (existing !== undefined) return existing
    const workflow = this.#workflows.get(name)
    if (workflow === undefined) throw unknownWorkflow(name, [...this.#workflows.keys()])
    const run = this.#start(workflow, trigger)
    this.#runs.set(run.id, run)
    if (key !== undefined) this.#byKey.set(key, run.id)
    return run.id
  }

  /** @throws ConfigError `RUN_UNKNOWN` */
  state(runId: string): RunState {
    return this.#known(runId).state()
  }

  taskState(runId: string, node: string): TaskRunState | null {
    return this.#known(runId).taskState(node)
  }

  /** The last one whose data interval holds the moment. */
  find(workflow: string, at: Date): { readonly runId: string; readonly state: RunState } | null {
    const run = [...this.#runs.values()].findLast(
      ({ workflow: name, dataInterval: { start, end } }) =>
        name === workflow && at <= end && (start === null ? at.getTime() === end.getTime() : at > start),
    )
    return run === undefined ? null : { runId: run.id, state: run.state() }
  }

  /** Those that have not ended. */
  active(): readonly LiveRun[] {
    return [...this.#runs.values()].filter((run) => ['queued', 'running'].includes(run.state()))
  }

  #known(runId: string): LiveRun {
    const run = this.#runs.get(runId)
    if (run !== undefined) return run
    throw new ConfigError('RUN_UNKNOWN', {
      message: `There is no run "${runId}" here. A run in one process knows only the runs that its own tasks have started.`,
      details: { runId },
    })
  }
}

function unknownWorkflow(name: string, known: readonly string[]): ConfigError {
  const nearest = closestName(name, known)
  const hint = nearest ? `Did you mean "${nearest}"?` : known.length > 0 ? `Known are: ${known.join(', ')}.` : ''
  return new ConfigError('WORKFLOW_UNKNOWN', {
    message:
      `Workflow "${name}" is not known to this run. ${hint} Give it as one of \`workflows\` when the run is started.`.replace(
        '  ',
        ' ',
      ),
    details: { workflow: name, known },
  })
}
