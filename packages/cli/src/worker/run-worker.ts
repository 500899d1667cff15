import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import type { Logger, PlatformSettings } from '@millrace/core'
import { packageInstalls, processExecutor, startWorker, type Worker, type WorkerApi } from '@millrace/engine'
import type { ProjectValues } from '../project/project-values.ts'
import { version } from '../version.ts'

export interface RunWorkerOptions {
  readonly api: WorkerApi
  readonly name?: string
  readonly queues: readonly string[]
  readonly slots: number
  /** For names that the platform does not know. */
  readonly values: ProjectValues
  /** Where packages and compiled code are kept. */
  readonly home: string
  readonly settings: PlatformSettings
  readonly log: Logger
  /** How long tasks may go on after the worker is asked to end, in milliseconds. */
  readonly drainMs: number
}

/** A worker that runs tasks in processes of their own. Dispose ends all of them. */
export function runWorker(options: RunWorkerOptions): Worker {
  const { api, name = hostname(), queues, slots, values, settings, log, drainMs } = options
  const home = resolve(options.home)
  const cacheFolder = join(home, 'cache')
  const logLimitBytes = settings.logLimitMb * 1024 * 1024
  const executor = processExecutor({
    slots,
    hostModule,
    cacheFolder,
    installFor: packageInstalls({ api, cacheFolder }),
    // Tasks run in the folder of their package, which is thrown away.
    environment: { ...process.env, MILLRACE_HOME: home },
    graceMs: settings.stopGraceSeconds * 1000,
    logLimitBytes,
  })
  const info = { id: randomUUID(), name, host: hostname(), pid: process.pid, version, queues, slots }
  const worker = startWorker({ api, executor, info, own: values, log, logLimitBytes, drainMs })
  return {
    get holds() {
      return worker.holds
    },
    drain: worker.drain,
    ended: worker.ended,
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]()
      await executor[Symbol.asyncDispose]()
    },
  }
}

/** As this module: source or built. */
const hostModule = new URL(import.meta.url.endsWith('.ts') ? '../task-host.ts' : '../task-host.js', import.meta.url)
