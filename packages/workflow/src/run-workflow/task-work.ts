import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, renderDeep } from '@millrace/core'
import type { AttemptSpec, TaskHost } from '../attempt.ts'
import type { TaskRunState } from '../context.ts'
import type { Json } from '../json.ts'
import type { NodeIndex } from '../node-ref.ts'
import type { Outcome, TaskFailure } from '../outcome.ts'
import { isRetryable, retryPauseSeconds } from '../retry-policy.ts'
import { runTask } from '../run-task/run-task.ts'
import { taskFailure } from '../run-task/task-failure.ts'
import { templateValues } from '../run-task/template-values.ts'
import { StopTask } from '../stop-task.ts'
import type { AnyTask } from '../task.ts'
import type { SlotRequest, Slots } from './slots.ts'
import type { TaskRun } from './task-run.ts'

/** What the work on a task needs of its run. */
export interface TaskWorld {
  readonly clock: Clock
  readonly slots: Slots
  readonly index: NodeIndex
  readonly graceMs: number | undefined
  /** Fires when the run is cancelled or takes too long. */
  readonly stop: AbortSignal
  task(node: string): AnyTask
  host(run: TaskRun): TaskHost
  /** For the next attempt; `state` is what a deferral left. */
  spec(run: TaskRun, state: Json | null): AttemptSpec
  enter(run: TaskRun, state: TaskRunState, more?: { reason?: string; nextAt?: Date; failure?: TaskFailure }): void
  wait(seconds: number, signal: AbortSignal): Promise<void>
  /** Ends of runs that the tasks have started and that still go on. */
  nestedEnds(): readonly Promise<unknown>[]
}

export interface TaskEnd {
  readonly state: 'success' | 'failed' | 'skipped' | 'cancelled'
  readonly reason?: string
}

/** Takes a task from ready to its end, through retries and deferrals. Writes output, choice and failure into the run. */
export async function workOnTask(world: TaskWorld, run: TaskRun): Promise<TaskEnd> {
  using deadline = closeDeadline(world, run)
  const { options } = run.node
  let state: Json | null = null
  let retries = 0
  try {
    for (;;) {
      const outcome = await attempt(world, run, state, deadline.signal)
      switch (outcome.kind) {
        case 'success':
          run.output = JSON.stringify(outcome.output)
          run.choice = outcome.choice ?? null
          run.failure = null
          return { state: 'success' }
        case 'skip':
          return { state: 'skipped', reason: outcome.reason }
        case 'defer':
          state = outcome.state ?? null
          await pause(world, run, outcome.seconds, outcome.reason, deadline.signal)
          break
        case 'failure': {
          run.failure = outcome.failure
          const isLast = retries >= options.retries || !isRetryable(outcome.failure)
          if (isLast || deadline.hasPassed() || world.stop.aborted) return failed(world, outcome.failure)
          retries++
          const seconds = retryPauseSeconds(options, retries)
          await pause(world, run, seconds, `retry ${retries} of ${options.retries}`, deadline.signal)
        }
      }
      if (deadline.hasPassed()) throw deadline.error()
    }
  } catch (error) {
    run.failure = taskFailure(error)
    return failed(world, run.failure)
  }
}

function failed({ stop }: TaskWorld, { message }: TaskFailure): TaskEnd {
  return stop.aborted ? { state: 'cancelled', reason: message } : { state: 'failed' }
}

async function attempt(world: TaskWorld, run: TaskRun, state: Json | null, signal: AbortSignal): Promise<Outcome> {
  const spec = world.spec(run, state)
  const request = slotRequest(spec)
  const obstacle = world.slots.obstacle(request)
  world.enter(run, 'ready', obstacle === undefined ? {} : { reason: obstacle })
  using _slot = await takeSlot(world, run, request, signal)
  run.attempts = spec.attempt
  run.startedAt ??= world.clock.now()
  world.enter(run, 'running')
  const { graceMs, index } = world
  const options = { signal, index, ...(graceMs !== undefined && { graceMs }) }
  return await runTask(world.task(run.node.id), spec, world.host(run), options)
}

function slotRequest(spec: AttemptSpec): SlotRequest {
  const { priority, pool, poolSlots, concurrencyKey, concurrencyLimit } = spec.node.options
  const key = concurrencyKey === null ? null : renderDeep(concurrencyKey, templateValues(spec).names())
  return { priority, pool, poolSlots, key, keyLimit: concurrencyLimit }
}

async function takeSlot(
  { slots }: TaskWorld,
  { node }: TaskRun,
  request: SlotRequest,
  signal: AbortSignal,
): Promise<Disposable> {
  const limit = node.options.timeouts.scheduleToStartSeconds
  if (limit === null) return await slots.take(request, signal)
  const tooLate = new AbortController()
  const timer = setTimeout(() => {
    const why = slots.obstacle(request) ?? 'waiting for its turn'
    tooLate.abort(new StopTask('timeout', `Task "${node.id}" was not started within ${limit} s: ${why}.`))
  }, limit * 1000)
  try {
    return await slots.take(request, AbortSignal.any([signal, tooLate.signal]))
  } finally {
    clearTimeout(timer)
  }
}

/** The end of a run that a task has started ends the pause early: the task may wait for it. */
async function pause(
  world: TaskWorld,
  run: TaskRun,
  seconds: number,
  reason: string,
  signal: AbortSignal,
): Promise<void> {
  const nextAt = new Date(world.clock.now().getTime() + seconds * 1000)
  world.enter(run, 'ready', { reason, nextAt, ...(run.failure && { failure: run.failure }) })
  const nested = world.nestedEnds()
  if (nested.length === 0) {
    await world.wait(seconds, signal)
    return
  }
  const woken = new AbortController()
  const wait = realWait(seconds, AbortSignal.any([signal, woken.signal]))
  await Promise.race([wait, ...nested])
  woken.abort()
  await wait.catch(() => {})
  signal.throwIfAborted()
}

/** @throws the signal's reason */
export async function realWait(seconds: number, signal: AbortSignal): Promise<void> {
  // Longer than timers go, which would fire at once.
  const ms = Math.min(seconds * 1000, 2 ** 31 - 1)
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error
  })
}

interface CloseDeadline extends Disposable {
  /** Fires with the run's, and when the time is over. */
  readonly signal: AbortSignal
  /** Also by a clock that is not the system's. */
  hasPassed(): boolean
  error(): StopTask
}

function closeDeadline({ clock, stop }: TaskWorld, { node }: TaskRun): CloseDeadline {
  const seconds = node.options.timeouts.scheduleToCloseSeconds
  const error = () =>
    new StopTask(
      'timeout',
      `Task "${node.id}" took longer than ${seconds} s with all its attempts. Raise its timeouts.scheduleToCloseSeconds.`,
    )
  if (seconds === null) return { signal: stop, hasPassed: () => false, error, [Symbol.dispose]() {} }
  const readyAtMs = clock.now().getTime()
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(error()), seconds * 1000)
  return {
    signal: AbortSignal.any([stop, controller.signal]),
    hasPassed: () => controller.signal.aborted || clock.now().getTime() - readyAtMs >= seconds * 1000,
    error,
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
