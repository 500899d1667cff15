import { execFile } from 'node:child_process'
import { watch } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sql, transaction } from '@millrace/db'
import { type Engine, insertVersion, packageKey } from '@millrace/engine'
import type { WorkflowManifest } from '@millrace/workflow'

export interface RedeployOptions {
  readonly engine: Engine
  /** Of the package. */
  readonly folder: string
  readonly onDeployed: (workflows: readonly string[]) => void
  /** The workflows stay as they were. */
  readonly onProblem: (text: string) => void
}

/** Editors write a file in several steps, and a tool many files. */
const quietMs = 300
const notPartOfIt = /(?:^|[/\\])(?:node_modules|dist|\.[^/\\]+)(?:[/\\]|$)|~$|\.(?:log|swp|tmp)$/

/**
 * Deploys the workflows of a package as versions `dev`, now and whenever its files have changed. One build at a time; what
 * changes during one is built after it.
 */
export function redeployOnChange({ engine, folder, onDeployed, onProblem }: RedeployOptions): AsyncDisposable {
  const stop = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let isDue = true
  let building: Promise<void> | undefined
  const build = async () => {
    while (isDue && !stop.signal.aborted) {
      isDue = false
      try {
        onDeployed(await deployPackage(engine, folder, stop.signal))
      } catch (error) {
        if (!stop.signal.aborted) onProblem(error instanceof Error ? error.message : String(error))
      }
    }
    building = undefined
  }
  const start = () => {
    building ??= build()
  }
  const watcher = watch(folder, { recursive: true }, (_, file) => {
    if (file !== null && notPartOfIt.test(file)) return
    isDue = true
    clearTimeout(timer)
    timer = setTimeout(start, quietMs)
  })
  watcher.on('error', (error) => onProblem(`Changes are not seen any more: ${error.message}`))
  start()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      clearTimeout(timer)
      watcher.close()
      await building
    },
  }
}

/** In a process of its own: modules that were imported once are never read again, and a package may do anything. */
async function deployPackage(engine: Engine, folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const out = await mkdtemp(join(tmpdir(), 'millrace-dev-'))
  try {
    const { workflows, package: built } = await buildIn(folder, out, signal)
    await engine.artifacts.put(packageKey(built.sha256), await readFile(built.zip))
    for (const { manifest: path } of workflows) {
      const manifest: WorkflowManifest = JSON.parse(await readFile(path, 'utf8'))
      await transaction(engine.db, async (trx) => {
        await trx.execute(sql`select set_config('millrace.actor', 'platform:dev', true)`)
        await insertVersion(engine, trx, { ...manifest, version: 'dev' })
      })
    }
    return workflows.map(({ name }) => name)
  } finally {
    await rm(out, { recursive: true, force: true })
  }
}

interface Built {
  readonly package: { readonly sha256: string; readonly zip: string }
  readonly workflows: readonly { readonly name: string; readonly manifest: string }[]
}

async function buildIn(folder: string, out: string, signal: AbortSignal): Promise<Built> {
  const command = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url))
  const args = [...process.execArgv, command, 'build', folder, '--out', out, '--json']
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { signal, maxBuffer: 64 * 1024 * 1024 })
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw stderr ? new Error(stderr.trim().replace(/^error: /, ''), { cause: error }) : error
  }
}
