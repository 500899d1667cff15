import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { DataError, FatalError } from '@millrace/core'
import { encodeFrame, frameLimitBytes, frameReader } from '../../task-host/frames.ts'
import { type HostMessage, inboxDescriptor, outboxDescriptor, type TaskMessage } from '../../task-host/messages.ts'
import { readTaskMessage } from '../../task-host/read-message.ts'
import { endMarkedProcesses, killQuietly, markVariable } from './process-tree.ts'
import { type RawOutput, rawOutput } from './raw-output.ts'

export interface TaskProcessOptions {
  readonly hostModule: URL
  /** Unlike that of any other process; found in the environment of all it starts. */
  readonly mark: string
  /** A folder of its own is made in it, its TMPDIR, and removed at the end. */
  readonly temporaryFolder: string
  readonly environment: Readonly<Record<string, string>>
  readonly memoryMb: number | null
  readonly maxFileDescriptors: number
}

export interface ExitStatus {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

interface Listener {
  onMessage(message: TaskMessage): void
  onGarbage(error: Error): void
  /** Nothing of the process is left, and all its messages have come. */
  onGone(): void
}

/** Part of the memory that JavaScript's own heap may take; the rest is for buffers and native code. */
const heapShare = 0.8

const bootTimeoutMs = 60_000
/** A process that is asked to end in order may send its telemetry. */
const orderlyEndMs = 3000
/** What was written before the end is in the pipes and comes at once; this is for a machine that is very busy. */
const pipeEndMs = 3000

/** How much later than the end of its pipes the end of a process may be told, on a machine that is very busy. */
const exitLagMs = 1000

/**
 * The limit of open files holds for the program that the shell becomes and for what that starts; so does what the system is
 * told to end first when memory runs out: tasks before their worker and before others.
 */
const withLimits = `
  ulimit -n "$0" 2>/dev/null || ulimit -n "$(ulimit -H -n)"
  { echo 900 > /proc/self/oom_score_adj; } 2>/dev/null
  exec "$@"`

/**
 * One process that runs attempts, with its process group, its pipes and its temporary folder.
 *
 * booting → ready (the module says so) → bound to a version with its first attempt → … → ended. `end` may be called in every
 * state, more than once; when it has resolved nothing of the process is left, whatever it had started.
 */
export class TaskProcess {
  readonly mark: string
  readonly memoryMb: number | null
  readonly pid: number
  /** False: it ended before it could take an attempt. */
  readonly ready: Promise<boolean>
  readonly exited: Promise<ExitStatus>
  /** Settled when nothing of it is left. */
  readonly gone: Promise<void>
  readonly stdout: RawOutput
  readonly stderr: RawOutput
  /** Whether it may have started others. To look for them takes a look at every process of the machine. */
  mayHaveStarted = false
  /** What it has loaded; null: nothing of a workflow yet. */
  version: string | null = null
  readonly #child: ChildProcess
  readonly #inbox: Writable
  readonly #outputs: readonly Readable[]
  readonly #folder: string
  #listener: Listener | undefined
  #exit: ExitStatus | undefined
  #ending: Promise<void> | undefined
  #isGone = false

  constructor({ hostModule, mark, temporaryFolder, environment, memoryMb, maxFileDescriptors }: TaskProcessOptions) {
    this.mark = mark
    this.memoryMb = memoryMb
    this.#folder = join(temporaryFolder, mark)
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const command = [process.execPath, ...nodeArguments(hostModule, memoryMb), fileURLToPath(hostModule)]
    const child = spawn(...limited(command, maxFileDescriptors), {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      env: { ...environment, TMPDIR: this.#folder, [markVariable]: mark },
    })
    this.#child = child
    const { promise: exited, resolve } = Promise.withResolvers<ExitStatus>()
    this.exited = exited
    child.once('exit', (code, signal) => {
      this.#exit = { code, signal }
      resolve(this.#exit)
    })
    child.once('error', () => resolve({ code: null, signal: null }))
    this.pid = child.pid ?? 0
    const [, stdout, stderr] = child.stdio
    const inbox = child.stdio[inboxDescriptor] as Writable | null
    const outbox = child.stdio[outboxDescriptor] as Readable | null
    if (this.pid === 0 || !stdout || !stderr || !inbox || !outbox) {
      throw new FatalError('TASK_PROCESS_NOT_STARTED', {
        message: `No process for tasks could be started with ${process.execPath}. Look whether the machine is out of processes, memory or open files.`,
      })
    }
    this.stdout = rawOutput(stdout, 'stdout')
    this.stderr = rawOutput(stderr, 'stderr')
    this.#inbox = inbox
    this.#inbox.on('error', () => {})
    this.#outputs = [outbox, stdout, stderr]
    this.ready = this.#listen(outbox)
    this.gone = exited.then(async () => {
      await this.end()
      this.#isGone = true
      this.#listener?.onGone()
    })
  }

  get alive(): boolean {
    return this.#exit === undefined && this.#ending === undefined
  }

  /** What its messages are given to from now on; messages without anybody to listen are dropped. */
  listen(listener: Listener | undefined): void {
    this.#listener = listener
    if (this.#isGone) listener?.onGone()
  }

  /** @throws DataError TASK_MESSAGE_TOO_LARGE */
  send(message: HostMessage): void {
    const frame = encodeFrame(message)
    if (frame.length > frameLimitBytes) {
      throw new DataError('TASK_MESSAGE_TOO_LARGE', {
        message: `${frame.length} bytes are more than a task can be given at once, which is ${frameLimitBytes}. Hand large data on as files or tables, by their names.`,
      })
    }
    if (!this.#inbox.destroyed) this.#inbox.write(frame)
  }

  /** To the whole group. */
  signal(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) killQuietly(process.platform === 'win32' ? this.pid : -this.pid, signal)
  }

  /** @param orderly Lets it send what it holds back first. */
  end({ orderly = false }: { readonly orderly?: boolean } = {}): Promise<void> {
    this.#ending ??= this.#end(orderly)
    return this.#ending
  }

  async #end(orderly: boolean): Promise<void> {
    if (orderly && this.#exit === undefined) {
      this.#inbox.end()
      await within(this.exited, orderlyEndMs)
    }
    // Also after its leader has ended there may be others in the group.
    killQuietly(process.platform === 'win32' ? this.pid : -this.pid, 'SIGKILL')
    this.#child.kill('SIGKILL')
    await this.exited
    if (this.mayHaveStarted) await endMarkedProcesses(this.mark)
    this.stdout.hurry()
    this.stderr.hurry()
    await within(
      Promise.all(
        this.#outputs.map((stream) => (stream.readableEnded || stream.destroyed ? null : once(stream, 'close'))),
      ),
      pipeEndMs,
    )
    for (const stream of this.#outputs) stream.destroy()
    this.#inbox.destroy()
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(() => undefined)
  }

  async #listen(outbox: Readable): Promise<boolean> {
    const { promise: ready, resolve } = Promise.withResolvers<boolean>()
    const read = frameReader<Readonly<Record<string, unknown>>>(
      (raw) => {
        const message = readTaskMessage(raw)
        if (message.kind === 'ready') resolve(true)
        else this.#listener?.onMessage(message)
      },
      (error) => this.#listener?.onGarbage(error),
    )
    outbox.on('data', read).on('error', () => {})
    // The end of the process closes it, too; then there is another reason to tell.
    outbox.once('close', () =>
      setTimeout(() => {
        // The end may have been told while this process did something else: that is heard before an immediate.
        setImmediate(() => {
          if (this.alive) this.#listener?.onGarbage(new Error('It was closed.'))
        })
      }, exitLagMs),
    )
    const timer = setTimeout(resolve, bootTimeoutMs, false)
    void this.exited.then(() => resolve(false))
    const outcome = await ready
    clearTimeout(timer)
    return outcome
  }
}

function limited(command: readonly string[], maxFileDescriptors: number): [string, string[]] {
  const [program = process.execPath, ...args] = command
  if (process.platform === 'win32') return [program, args]
  return ['/bin/sh', ['-c', withLimits, `${maxFileDescriptors}`, program, ...args]]
}

function nodeArguments(hostModule: URL, memoryMb: number | null): string[] {
  return [
    ...(hostModule.pathname.endsWith('.ts') ? ['--conditions=@millrace/source'] : []),
    ...(memoryMb === null ? [] : [`--max-old-space-size=${Math.max(16, Math.round(memoryMb * heapShare))}`]),
    // Many processes share the machine: one helper thread each for V8 is enough.
    '--v8-pool-size=1',
    // Collects no garbage while modules are loaded, of which little is garbage: a tenth off the start.
    ...(memoryMb === null || memoryMb >= 256 ? ['--min-semi-space-size=16'] : []),
  ]
}

async function within<T>(promise: Promise<T>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, late]).catch(() => undefined)
  clearTimeout(timer)
}
