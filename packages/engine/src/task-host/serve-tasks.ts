import { flushCompileCache } from 'node:module'
import { Socket } from 'node:net'
import { type AnyTask, type Json, type Outcome, runTask, StopTask } from '@millrace/workflow'
import { captureOutput } from './capture-output.ts'
import { failureOutcome } from './failure-of.ts'
import { frameReader } from './frames.ts'
import { watchLeftovers } from './leftovers.ts'
import { type LogGate, logGate } from './log-gate.ts'
import { type HostMessage, inboxDescriptor } from './messages.ts'
import { send } from './outbox.ts'
import { remoteHost } from './remote-host.ts'
import { stopTexts } from './stop-texts.ts'
import { type LoadedTask, taskLoader } from './task-loader.ts'

export interface ServeTasksOptions {
  /** Makes the ready-made task of a manifest's node. */
  readonly createOperator: (name: string, config: Json) => AnyTask | Promise<AnyTask>
  /** Called before the process ends in order, to send what is held back, such as telemetry. */
  readonly beforeExit?: () => Promise<void>
}

function once(action: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) action()
    isDone = true
  }
}

/** Longest that `beforeExit` holds up the end of the process. */
const exitGraceMs = 2000

/**
 * Runs attempts for the worker that started this process, one after the other, until it hangs up. A program that is the
 * `hostModule` of a process executor calls this and does nothing else.
 */
export function serveTasks({ createOperator, beforeExit }: ServeTasksOptions): void {
  let gate: LogGate | undefined
  let stop: AbortController | undefined
  let finish: ((outcome: Outcome) => void) | undefined

  const output = captureOutput((entry) => gate?.push(entry))
  const leftovers = watchLeftovers()
  const loadTask = taskLoader(createOperator)
  const remote = remoteHost(send, (entry) => gate?.push(entry))

  const run = async (
    { spec, folder, graceMs }: Extract<HostMessage, { kind: 'start' }>,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    let loaded: LoadedTask
    try {
      loaded = await loadTask(spec, folder)
    } catch (error) {
      const what = spec.node.operator === null ? spec.source?.module : `the operator ${spec.node.operator.name}`
      return failureOutcome('load', error, {
        code: 'TASK_LOAD_FAILED',
        message: (text) => `The task ${spec.node.id} could not be loaded from ${what}: ${text}`,
      })
    }
    const { task, index } = loaded
    return runTask(task, spec, remote.host, { signal, graceMs, ...(index && { index }) })
  }

  const start = async (message: Extract<HostMessage, { kind: 'start' }>) => {
    send({ kind: 'begun' })
    const cpuBefore = process.cpuUsage()
    const controller = new AbortController()
    stop = controller
    gate = logGate({
      limitBytes: message.logLimitBytes,
      pass: (entry) => send({ kind: 'log', entry }),
      onDropped: (bytes) => send({ kind: 'dropped', bytes }),
      onEnd: (bytes) => send({ kind: 'dropped', bytes }),
    })
    leftovers.begin()
    let broken = false
    const uncaught = new Promise<Outcome>((resolve) => {
      finish = (outcome) => {
        broken = true
        resolve(outcome)
      }
    })
    const outcome = await Promise.race([run(message, controller.signal), uncaught])
    finish = undefined
    const stopped = controller.signal.aborted
    output.flush()
    const { leftBehind, spawned } = await leftovers.end()
    gate.end()
    gate = undefined
    const { user, system } = process.cpuUsage(cpuBefore)
    send({
      kind: 'ended',
      outcome,
      stopped,
      leftBehind: broken ? 'an error that nobody caught' : leftBehind,
      spawned,
      cpuMs: Math.round((user + system) / 1000),
      memoryBytes: process.memoryUsage.rss(),
    })
    keepCompiled()
  }
  // After an attempt, so that what a task needs to run is among it, and not at the end of the process, which may come
  // suddenly. Does nothing for modules that are kept already.
  const keepCompiled = once(() => setImmediate(flushCompileCache))

  // An error that nobody awaits belongs to the attempt that runs, and its process is in no known state any more.
  const uncaught = (kind: string) => (error: unknown) => {
    if (finish === undefined) process.exit(1)
    finish(
      failureOutcome('error', error, {
        code: 'TASK_ERROR_UNCAUGHT',
        message: (text) => `${kind}, outside of what the task awaits: ${text}`,
      }),
    )
  }
  process.on('unhandledRejection', uncaught('A promise was rejected'))
  process.on('uncaughtException', uncaught('An error was thrown'))

  const inbox = new Socket({ fd: inboxDescriptor, readable: true, writable: false })
  inbox.on(
    'data',
    frameReader<HostMessage>(
      (message) => {
        if (message.kind === 'start') void start(message)
        else if (message.kind === 'stop') stop?.abort(new StopTask(message.reason, stopTexts[message.reason]))
        else remote.answer(message)
      },
      () => process.exit(1),
    ),
  )
  const leave = () => {
    // Nothing is left to be done in order: the quickest end there is, which no handler of a task holds up.
    const end = () => process.kill(process.pid, 'SIGKILL')
    setTimeout(end, exitGraceMs)
    void Promise.resolve(beforeExit?.()).then(end, end)
  }
  inbox.on('close', leave).on('error', leave)
  send({ kind: 'ready' })
}
