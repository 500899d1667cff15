import { availableParallelism } from 'node:os'
import { type Clock, ConfigError, injectTraceContext, parseSchedule, systemClock } from '@millrace/core'
import type { AttemptSpec, TaskHost } from '../attempt.ts'
import type { RunState, TaskRunState } from '../context.ts'
import type { Json } from '../json.ts'
import { manifestNode } from '../manifest-of.ts'
import { resolveRef } from '../node-ref.ts'
import type { TaskFailure } from '../outcome.ts'
import { resolveParams } from '../params.ts'
import { taskFailure } from '../run-task/task-failure.ts'
import { StopTask } from '../stop-task.ts'
import type { AnyTask } from '../task.ts'
import { decide } from '../trigger-rule.ts'
import type { AnyWorkflow } from '../workflow.ts'
import { localHost } from './local-host.ts'
import { type LiveRun, NestedRuns, type NestedTrigger } from './nested-runs.ts'
import { replacements } from './replacement.ts'
import type { RunEvent, RunWorkflowOptions, WorkflowRunResult } from './run-options.ts'
import { runResult } from './run-result.ts'
import { Slots } from './slots.ts'
import { endKind, hasEnded, newTaskRun, type TaskRun, taskRunResult } from './task-run.ts'
import { realWait, type TaskWorld, workOnTask } from './task-work.ts'

type Event = RunEvent extends infer E ? (E extends unknown ? Omit<E, 'runId' | 'at'> : never) : never

let lastRun = 0

/**
 * One run in this process. A node goes from `waiting` to an end without being run, when its trigger rule says so, or
 * from `waiting` to `ready` and `running`, back to `ready` for a retry or a deferral, and to its end. A mapped node is
 * `expanded` while its items go this way, and fails when one of them does. Every end makes its downstreams be looked at
 * again; the run ends when all nodes have.
 */
export class LocalRun implements LiveRun {
  readonly id = `local-${++lastRun}`
  readonly workflow: string
  readonly dataInterval: { readonly start: Date | null; readonly end: Date }
  readonly ended: Promise<WorkflowRunResult>
  readonly #workflow: AnyWorkflow
  readonly #params: Readonly<Record<string, Json>>
  readonly #options: RunWorkflowOptions
  readonly #clock: Clock
  readonly #logicalDate: Date
  readonly #slots: Slots
  readonly #nested: NestedRuns
  readonly #replaced: ReadonlyMap<string, AnyTask>
  readonly #world: TaskWorld
  readonly #runs = new Map<string, TaskRun>()
  /** Aborted when the run is cancelled, or takes too long. */
  readonly #stop = new AbortController()
  readonly #settle = Promise.withResolvers<WorkflowRunResult>()
  #state: RunState = 'queued'
  #failure: TaskFailure | null = null
  #open = 0
  #numbers = 0
  #startedAt: Date

  constructor(workflow: AnyWorkflow, params: Readonly<Record<string, Json>>, options: RunWorkflowOptions) {
    const { clock = systemClock, concurrency = Math.max(4, availableParallelism()), pools = {} } = options
    this.#workflow = workflow
    this.workflow = workflow.name
    this.#params = params
    this.#options = options
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#logicalDate = options.logicalDate ?? this.#startedAt
    this.dataInterval =
      workflow.schedule === null
        ? { start: null, end: this.#logicalDate }
        : parseSchedule(workflow.schedule).dataInterval(this.#logicalDate)
    this.#slots = new Slots(concurrency, pools)
    this.#nested = new NestedRuns(options.workflows ?? [], (child, trigger) => this.#startNested(child, trigger))
    this.#replaced = replacements(workflow.graph, options.replace)
    this.#world = this.#makeWorld()
    this.ended = this.#settle.promise
    const only = options.only?.map((ref) => resolveRef(ref, workflow.graph, { group: null, asker: 'Option only' }))
    const wanted = (id: string) =>
      only === undefined || only.some((chosen) => id === chosen || id.startsWith(`${chosen}.`))
    for (const node of workflow.graph.nodes()) {
      if (!wanted(node.id)) continue
      this.#runs.set(node.id, newTaskRun(++this.#numbers, manifestNode(workflow.graph, node), null, null))
    }
  }

  start(): Promise<WorkflowRunResult> {
    const { signal } = this.#options
    const cancel = () => this.#stop.abort(signal?.reason)
    signal?.addEventListener('abort', cancel, { once: true })
    const timer = this.#runTimeout()
    this.#state = 'running'
    this.#emit({ kind: 'run', workflow: this.workflow, state: 'running' })
    this.#open = this.#runs.size
    this.#stop.signal.addEventListener('abort', () => this.#cancelWaiting(), { once: true })
    if (signal?.aborted) cancel()
    if (this.#open === 0) void this.#endRun()
    this.#look([...this.#runs.keys()])
    return this.ended.finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
    })
  }

  state(): RunState {
    return this.#state
  }

  taskState(node: string): TaskRunState | null {
    return this.#runs.get(node)?.state ?? null
  }

  /** Looks at nodes whose upstreams have changed. A list and no recursion: chains are long. */
  #look(ids: readonly string[]): void {
    const queue = [...ids]
    for (const id of queue) {
      const run = this.#runs.get(id)
      if (run?.state !== 'waiting' || this.#stop.signal.aborted) continue
      const upstreams = run.node.upstreams.flatMap((up) => this.#runs.get(up) ?? [])
      if (upstreams.some(({ choice }) => choice !== null && !choice.includes(id))) {
        queue.push(...this.#end(run, 'skipped', 'not chosen by the branch before it'))
        continue
      }
      const count = (kind: string) => upstreams.filter((up) => endKind(up) === kind).length
      const counts = {
        total: upstreams.length,
        success: count('success'),
        failed: count('failed'),
        skipped: count('skipped'),
      }
      const rule = run.node.options.triggerRule
      switch (decide(rule, counts)) {
        case 'wait':
          break
        case 'skip':
          queue.push(...this.#end(run, 'skipped', `by its trigger rule ${rule}`))
          break
        case 'upstream_failed': {
          const failed = upstreams.filter((up) => endKind(up) === 'failed').map(({ node }) => node.id)
          queue.push(...this.#end(run, 'upstream_failed', `${failed.join(', ')} did not succeed`))
          break
        }
        case 'run':
          if (run.node.kind === 'spacer') queue.push(...this.#end(run, 'success'))
          else if (run.node.mapOver !== null) queue.push(...this.#expand(run, run.node.mapOver))
          else void this.#work(run)
      }
    }
  }

  /** Makes a run of each element of the upstream's output. */
  #expand(run: TaskRun, mapOver: string): readonly string[] {
    let list: Json
    try {
      list = this.#output(mapOver)
    } catch (error) {
      run.failure = taskFailure(error)
      return this.#end(run, 'failed')
    }
    if (list === null) return this.#end(run, 'skipped', `${mapOver} gave nothing to map over`)
    if (!Array.isArray(list)) {
      run.failure = taskFailure(
        new ConfigError('MAP_INVALID', {
          message: `Task "${run.node.id}" is mapped over "${mapOver}", whose output is no list. Return a list from it.`,
          details: { node: run.node.id, mapOver },
        }),
      )
      return this.#end(run, 'failed')
    }
    if (list.length === 0) return this.#end(run, 'skipped', `${mapOver} gave an empty list`)
    run.items = list.map((item, index) => newTaskRun(++this.#numbers, run.node, index, item))
    run.startedAt = this.#clock.now()
    this.#enter(run, 'expanded')
    for (const item of run.items) void this.#work(item)
    return []
  }

  async #work(run: TaskRun): Promise<void> {
    const { state, reason } = await workOnTask(this.#world, run)
    this.#look(this.#end(run, state, reason))
  }

  #makeWorld(): TaskWorld {
    const options = this.#options
    const { graph } = this.#workflow
    return {
      clock: this.#clock,
      slots: this.#slots,
      index: graph,
      graceMs: options.graceMs,
      stop: this.#stop.signal,
      task: (node) => this.#replaced.get(node) ?? this.#workflow.createTask(node),
      host: (run) => this.#host(run),
      spec: (run, state) => this.#spec(run, state),
      enter: (run, state, more) => this.#enter(run, state, more),
      wait: options.wait ?? realWait,
      nestedEnds: () => this.#nested.active().map(({ ended }) => ended),
    }
  }

  #host(run: TaskRun): TaskHost {
    const { mapIndex, attempts: attempt } = run
    const of = { node: run.node.id, mapIndex, attempt }
    return localHost(this.#options, {
      nested: this.#nested,
      outputOf: (id) => this.#output(id),
      onLog: (entry) => this.#emit({ kind: 'log', ...of, entry }),
      onProgress: (progress) => this.#emit({ kind: 'progress', ...of, progress }),
    })
  }

  #spec(run: TaskRun, state: Json | null): AttemptSpec {
    const { start, end } = this.dataInterval
    const { graph } = this.#workflow
    return {
      taskRunId: run.number,
      attempt: run.attempts + 1,
      run: {
        id: this.id,
        workflow: this.#workflow.name,
        version: this.#workflow.version,
        trigger: this.#options.trigger ?? 'manual',
        logicalDate: this.#logicalDate.toISOString(),
        dataInterval: { start: start?.toISOString() ?? null, end: end.toISOString() },
        timezone: this.#workflow.schedule?.timezone ?? 'UTC',
      },
      node: run.node,
      mapIndex: run.mapIndex,
      item: run.item,
      params: this.#params,
      variables: this.#options.variables ?? {},
      // Made when it is asked for: in a long chain there are many.
      get ancestors() {
        return graph.ancestors(run.node.id)
      },
      state,
      traceparent: injectTraceContext().traceparent ?? null,
      source: null,
      package: null,
    }
  }

  /** @throws ConfigError `OUTPUT_NOT_AVAILABLE` for a node that is not part of the run */
  #output(id: string): Json {
    const run = this.#runs.get(id)
    if (run !== undefined) return run.output === null ? null : JSON.parse(run.output)
    const { outputs = {} } = this.#options
    if (Object.hasOwn(outputs, id)) return outputs[id] ?? null
    throw new ConfigError('OUTPUT_NOT_AVAILABLE', {
      message: `Node "${id}" is not part of this run, so its output is not known. Run it too, or give its output as outputs: { '${id}': … }.`,
      details: { node: id },
    })
  }

  /** The nodes to look at next. */
  #end(run: TaskRun, state: TaskRunState, reason?: string): readonly string[] {
    run.endedAt = this.#clock.now()
    run.reason = reason ?? null
    this.#enter(run, state, { ...(reason !== undefined && { reason }), ...(run.failure && { failure: run.failure }) })
    if (run.mapIndex !== null) return this.#endOfItem(run)
    if (--this.#open === 0) void this.#endRun()
    return this.#workflow.graph.downstreams(run.node.id)
  }

  #endOfItem({ node }: TaskRun): readonly string[] {
    const whole = this.#runs.get(node.id)
    if (whole === undefined || hasEnded(whole) || !whole.items.every(hasEnded)) return []
    whole.output = `[${whole.items.map(({ output }) => output ?? 'null').join(',')}]`
    const failed = whole.items.filter((item) => endKind(item) === 'failed')
    whole.failure = failed[0]?.failure ?? null
    const reason = failed.length > 0 ? `${failed.length} of ${whole.items.length} items did not succeed` : undefined
    if (this.#stop.signal.aborted && failed.some(({ state }) => state === 'cancelled')) {
      return this.#end(whole, 'cancelled', reason)
    }
    return this.#end(whole, failed.length > 0 ? 'failed' : 'success', reason)
  }

  /** What has not begun ends at once; what runs is told by its signal. */
  #cancelWaiting(): void {
    for (const run of this.#runs.values())
      if (run.state === 'waiting') this.#end(run, 'cancelled', 'the run was stopped')
  }

  async #endRun(): Promise<void> {
    await Promise.all(this.#nested.active().map(({ ended }) => ended))
    const runs = [...this.#runs.values()]
    const failed = this.#failure !== null || runs.some((run) => endKind(run) === 'failed' && run.state !== 'cancelled')
    const cancelled = this.#failure === null && runs.some(({ state }) => state === 'cancelled')
    const state = cancelled ? 'cancelled' : failed ? 'failed' : 'success'
    this.#state = state
    this.#emit({ kind: 'run', workflow: this.workflow, state })
    this.#settle.resolve(
      runResult(
        {
          runId: this.id,
          state,
          params: this.#params,
          startedAt: this.#startedAt,
          endedAt: this.#clock.now(),
          failure: this.#failure,
          tasks: runs.flatMap((run) => [run, ...run.items].map(taskRunResult)),
        },
        this.#workflow.graph,
      ),
    )
  }

  #runTimeout(): NodeJS.Timeout | undefined {
    const seconds = this.#workflow.runTimeoutSeconds
    if (seconds === null) return undefined
    return setTimeout(() => {
      const stop = new StopTask(
        'timeout',
        `The run took longer than ${seconds} s. Raise the workflow's runTimeoutSeconds.`,
      )
      const { stack: _, ...failure } = taskFailure(stop)
      this.#failure = failure
      this.#stop.abort(stop)
    }, seconds * 1000)
  }

  #startNested(child: AnyWorkflow, { params, logicalDate }: NestedTrigger): LiveRun {
    const { only: _, outputs: __, replace: ___, params: ____, ...shared } = this.#options
    child.validate()
    const run = new LocalRun(child, resolveParams(child, params), {
      ...shared,
      trigger: 'workflow',
      logicalDate: logicalDate === undefined ? this.#logicalDate : new Date(logicalDate),
      signal: this.#stop.signal,
    })
    void run.start()
    return run
  }

  #enter(
    run: TaskRun,
    state: TaskRunState,
    more: { reason?: string; nextAt?: Date; failure?: TaskFailure } = {},
  ): void {
    run.state = state
    const { node, mapIndex, attempts } = run
    this.#emit({ kind: 'task', node: node.id, mapIndex, state, attempt: attempts, ...more })
  }

  #emit(event: Event): void {
    this.#options.onEvent?.({ ...event, runId: this.id, at: this.#clock.now() } as RunEvent)
  }
}
