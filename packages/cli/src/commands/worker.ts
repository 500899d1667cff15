import { join, resolve } from 'node:path'
import { ConfigError } from '@millrace/core'
import { httpWorkerApi } from '@millrace/engine'
import { type Context, exitCodes } from '../context.ts'
import { personsLogger } from '../dev/dev-log.ts'
import { projectFolder } from '../project/project-folder.ts'
import { projectValues } from '../project/project-values.ts'
import { runWorker } from '../worker/run-worker.ts'

export interface WorkerRequest {
  readonly url?: string
  readonly token?: string
  readonly queues: readonly string[]
  readonly slots: number
  readonly name?: string
  /** How long tasks may go on after SIGTERM, in seconds. */
  readonly drain: number
}

/** Takes tasks from a server and runs them, until it is asked to stop and the tasks it has are done. */
export async function work(request: WorkerRequest, context: Context): Promise<number> {
  const { settings, secrets, signal } = context
  const url = request.url ?? settings.serverUrl
  const token = request.token ?? settings.workerToken
  if (url === null) throw missing('the address of a server', '--url', 'MILLRACE_URL')
  if (token === null) throw missing('a worker token', '--token', 'MILLRACE_WORKER_TOKEN')
  secrets.add([token])
  const { queues, slots, name } = request
  const folder = projectFolder()
  const drainMs = request.drain * 1000
  context.holdOpen(drainMs + settings.stopGraceSeconds * 1000 + 30_000)
  const log = await personsLogger('worker', context)
  await using worker = runWorker({
    ...{ api: httpWorkerApi({ url, token }), queues, slots, settings, log, drainMs },
    ...(name !== undefined && { name }),
    values: projectValues(folder, secrets),
    home: process.env.MILLRACE_HOME === undefined ? join(folder, '.millrace') : resolve(settings.home),
  })
  log.info(
    `Takes ${slots} tasks at a time from ${url}, of ${queues.length === 1 ? 'the queue' : 'the queues'} ${queues.join(', ')}.`,
  )
  const asked = new Promise<void>((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
  await Promise.race([asked, worker.ended])
  await worker.drain()
  log.info('The worker has ended.')
  return exitCodes.done
}

function missing(what: string, option: string, variable: string): ConfigError {
  return new ConfigError('SETTING_MISSING', {
    message: `The worker needs ${what}: give ${option} or set ${variable}. "millrace tokens create NAME" makes a token; "millrace dev" has a worker of its own and needs neither.`,
  })
}
