import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const mains = {
  server: ['../../../apps/server/src/main.ts'],
  secrets: ['../../../apps/secrets/src/main.ts'],
  worker: ['../bin/millrace.js', 'worker', '--slots', '4'],
} as const

/** One process of a deployment, as its image starts it. */
export interface DeployedProcess extends AsyncDisposable {
  /** Where it listens; empty for a worker. */
  readonly url: string
  /** What it wrote so far. */
  readonly output: () => string
  /** Asks it to end, and waits for its exit code. */
  stop(): Promise<number | null>
}

/** Starts a process from variables of the environment alone, until it is ready. */
export async function deployed(
  what: keyof typeof mains,
  env: Readonly<Record<string, string>>,
  folder: string,
): Promise<DeployedProcess> {
  const [path, ...args] = mains[what]
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@millrace/source', fileURLToPath(new URL(path, import.meta.url)), ...args],
    { cwd: folder, env: { PATH, HOME, NODE_COMPILE_CACHE, ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let output = ''
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const ready = what === 'worker' ? /Takes 4 tasks at a time()/ : /"url":"([^"]+)"/
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk
      const found = ready.exec(output)
      if (found !== null) resolve(found[1] ?? '')
    })
    ended.then((code) => reject(new Error(`The process of the ${what} ended with ${code}:\n${output}`)), reject)
  })
  return {
    url,
    output: () => output,
    async stop() {
      child.kill('SIGTERM')
      return await ended
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
