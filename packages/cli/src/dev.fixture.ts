import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url))
const running = new Set<ChildProcess>()

/** A process of `millrace dev`. */
export interface Dev {
  readonly child: ChildProcess
  readonly output: () => string
  readonly code: Promise<number | null>
}

/** Until it serves, or says why it does not. */
export async function startDev(folder: string, ...args: string[]): Promise<Dev> {
  const own = Object.entries(process.env).filter(([name]) => !/^(MILLRACE_|PG|DATABASE_URL|VITEST)/.test(name))
  const child = spawn(process.execPath, ['--conditions=@millrace/source', bin, 'dev', ...args], {
    cwd: folder,
    env: Object.fromEntries(own),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let output = ''
  const code = new Promise<number | null>((resolve) => {
    child.once('exit', () => running.delete(child))
    // All that it printed has come by then.
    child.once('close', resolve)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk
  })
  await expect.poll(() => output, { interval: 50 }).toMatch(/Ctrl-C stops it|error:/)
  return { child, output: () => output, code }
}

/** Those that a failed test left. */
export async function killDevs(): Promise<void> {
  for (const child of running) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

/** What other commands of the project find the server by. */
export async function devFile(folder: string): Promise<{ pid: number; url: string; token: string }> {
  return JSON.parse(await readFile(join(folder, '.millrace/dev.json'), 'utf8'))
}
