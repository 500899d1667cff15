import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { AttemptSpec } from '@millrace/workflow'
import type { Executor, StartedAttempt } from '../executor.ts'
import { startAttempt } from './attempt.ts'
import { startGuard } from './guard.ts'
import { memoryWatch } from './memory-watch.ts'
import { processPool } from './process-pool.ts'
import { taskEnvironment } from './task-environment.ts'
import { TaskProcess } from './task-process.ts'

export interface ProcessExecutorOptions {
  /** Attempts at a time. */
  readonly slots: number
  /** A module that calls `serveTasks` and does nothing else. */
  readonly hostModule: URL
  /** Where compiled code is kept, so that processes start fast, unless `NODE_COMPILE_CACHE` names a place; made when it is missing. */
  readonly cacheFolder: string
  /** Folder with the installed package of an attempt that is a class; null where it has none. */
  readonly installFor: (spec: AttemptSpec, signal: AbortSignal) => Promise<string | null>
  /** Of the worker. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Variables that tasks get beside those that programs need to run at all. */
  readonly passEnvironment?: readonly string[]
  /** Open files of a process. Default: MAX_FILE_DESCRIPTORS, or 1024. */
  readonly maxFileDescriptors?: number
  /** Memory of an attempt that names none, in MiB. Default: no limit. */
  readonly memoryMb?: number | null
  /** From asking a task to stop to ending its process, in milliseconds. Default 10,000. */
  readonly graceMs?: number
  /** A process waits so long for the next attempt of its version. Default 300,000. */
  readonly idleMs?: number
  /** Log of an attempt, in bytes. Default 10 MiB. */
  readonly logLimitBytes?: number
}

/**
 * Runs attempts in child processes that die with this one. A process has one version of one package loaded and runs one
 * attempt at a time; it is used again when an attempt left it as it was, and never with isolation `process`.
 */
export function processExecutor({
  slots,
  hostModule,
  cacheFolder,
  installFor,
  environment = process.env,
  passEnvironment = [],
  maxFileDescriptors = descriptorLimit(environment),
  memoryMb = null,
  graceMs = 10_000,
  idleMs = 300_000,
  logLimitBytes = 10 * 1024 * 1024,
}: ProcessExecutorOptions): Executor {
  const id = randomUUID()
  const temporaryFolder = mkdtempSync(join(tmpdir(), 'millrace-tasks-'))
  const guard = startGuard({ mark: id, folder: temporaryFolder })
  const memory = memoryWatch()
  const attempts = new Map<string, StartedAttempt>()
  const passed = {
    ...taskEnvironment(environment, passEnvironment),
    NODE_COMPILE_CACHE: environment.NODE_COMPILE_CACHE ?? join(resolve(cacheFolder), 'compiled'),
  }
  let booted = 0
  let disposing: Promise<void> | undefined

  const pool = processPool({
    slots,
    idleMs,
    boot: (limit) => {
      booted += 1
      const child = new TaskProcess({
        hostModule,
        mark: `${id}.${booted}`,
        temporaryFolder,
        environment: passed,
        memoryMb: limit,
        maxFileDescriptors,
      })
      guard.add(child.pid)
      void child.gone.then(() => guard.drop(child.pid))
      return child
    },
  })

  const dispose = async () => {
    for (const attempt of attempts.values()) attempt.stop('lost', { graceMs: 0 })
    await pool[Symbol.asyncDispose]()
    await Promise.all([...attempts.values()].map(({ outcome }) => outcome))
    memory[Symbol.dispose]()
    await rm(temporaryFolder, { recursive: true, force: true })
    guard.dismiss()
  }
  return {
    kind: 'process',
    get free() {
      return disposing !== undefined ? 0 : Math.max(0, slots - attempts.size)
    },
    start(spec, host) {
      const key = `${spec.taskRunId}:${spec.attempt}`
      const running = attempts.get(key)
      if (running) return running
      const started = startAttempt(spec, host, { pool, memory, installFor, graceMs, logLimitBytes, memoryMb })
      // The slot is free before anybody hears of the outcome.
      const outcome = started.outcome.finally(() => attempts.delete(key))
      const attempt = { ...started, outcome }
      attempts.set(key, attempt)
      return attempt
    },
    // Attempts die with the worker.
    recover: async () => [],
    [Symbol.asyncDispose]() {
      disposing ??= dispose()
      return disposing
    },
  }
}

function descriptorLimit(environment: Readonly<Record<string, string | undefined>>): number {
  const limit = Number(environment.MAX_FILE_DESCRIPTORS)
  return Number.isSafeInteger(limit) && limit > 0 ? limit : 1024
}
