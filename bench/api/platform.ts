import { type ChildProcess, fork, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '@millrace/testing'
import type { Load, LoadResult } from './load-process.ts'

export interface ServerProcess {
  readonly port: number
  readonly pid: number
}

/** The server as it is deployed, with the settings that it has by itself but for the limit of requests. Its log is a file. */
export async function startServerProcess(
  { folder, database, issuer }: { readonly folder: string; readonly database: string; readonly issuer: string },
  cleanUp: AsyncDisposableStack,
): Promise<ServerProcess> {
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  const child = spawn(
    process.execPath,
    [...process.execArgv, join(import.meta.dirname, '../../apps/server/src/main.ts')],
    {
      stdio: ['ignore', 'ignore', openSync(join(folder, 'log'), 'w')],
      env: {
        PATH: process.env.PATH,
        MILLRACE_HOME: folder,
        MILLRACE_DATABASE_URL: database,
        MILLRACE_ADMIN_TOKEN: randomBytes(16).toString('hex'),
        MILLRACE_PORT: `${port}`,
        MILLRACE_RATE_PER_SECOND: '0',
        MILLRACE_OIDC_ISSUER: issuer,
      },
    },
  )
  cleanUp.defer(() => end(child, () => child.kill()))
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}; see ${folder}/log.`)
    await setTimeout(100)
  }
  return { port, pid: child.pid ?? 0 }
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/ready`).catch(() => null)
  return answer?.ok ?? false
}

/** A process of its own that makes the requests. */
export function startLoadProcess(cleanUp: AsyncDisposableStack): (load: Load) => Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, 'load-process.ts'))
  cleanUp.defer(() => end(child, () => child.disconnect()))
  return async (load) => {
    child.send(load)
    const [{ result, failure }] = (await once(child, 'message')) as [{ result?: LoadResult; failure?: string }]
    if (result === undefined) throw new Error(`The load failed: ${failure}`)
    return result
  }
}

async function end(child: ChildProcess, ask: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  ask()
  await once(child, 'exit')
}
