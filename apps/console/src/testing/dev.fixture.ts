import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, createClient } from '@millrace/client'

export { findChromium } from '@millrace/testing'

const bin = fileURLToPath(new URL('../../../../packages/cli/bin/millrace.js', import.meta.url))
const bootMs = 150_000

/** A process of `millrace dev` in a folder of its own, with nothing in its environment that a test did not put there. */
export interface Dev extends AsyncDisposable {
  readonly folder: string
  readonly url: string
  /** Of the administrator. */
  readonly token: string
  /** As the administrator. */
  readonly api: Client
  /** Signs the administrator in, once. */
  readonly link: string
  /** What it has said so far. */
  output(): string
  /** Runs the `millrace` command in its folder, against it. Fails with what the command said. */
  run(...args: string[]): Promise<string>
  /** Ends the server, which leaves its address and its data. */
  stop(): Promise<void>
  /** Ends it if it still runs, and starts it again at the same address, with the same data. */
  restart(): Promise<void>
}

interface DevOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Of `millrace dev`, such as `--slots 6`. */
  readonly args?: readonly string[]
}

export async function startDev({ env = {}, args = [] }: DevOptions = {}): Promise<Dev> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-console-'))
  const passed = ['MILLRACE_CONSOLE_DIR']
  const own = Object.entries(process.env).filter(
    ([name]) => passed.includes(name) || !/^(MILLRACE_|PG|DATABASE_URL|VITEST)/.test(name),
  )
  const environment = { ...Object.fromEntries(own), ...env }
  let server = devProcess(folder, environment, args)
  const close = async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 })
  }
  try {
    await server.serves
    const { url, token } = JSON.parse(await readFile(join(folder, '.millrace/dev.json'), 'utf8'))
    const [link = ''] = /http:\/\/\S+\/api\/auth\/link\?token=\S+/.exec(server.output()) ?? []
    return {
      ...{ folder, url, token, link, output: () => server.output() },
      api: createClient({ url, token }),
      run: async (...args) => await run(args, folder, environment),
      stop: () => server.stop(),
      restart: async () => {
        await server.stop()
        server = devProcess(folder, { ...environment, MILLRACE_ADMIN_TOKEN: token }, args)
        await server.serves
      },
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function devProcess(folder: string, env: NodeJS.ProcessEnv, args: readonly string[]) {
  const child = spawn(process.execPath, [bin, 'dev', ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const exited = once(child, 'exit')
  const serves = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk
      if (output.includes('Ctrl-C stops it')) resolve()
    })
    void exited.then(() => reject(new Error(`millrace dev ended:\n${output}`)))
    setTimeout(() => reject(new Error(`millrace dev did not serve in time:\n${output}`)), bootMs).unref()
  })
  return {
    serves,
    output: () => output,
    async stop(): Promise<void> {
      // It drains its worker and stops its database; what hangs is killed.
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await exited
      clearTimeout(timer)
    },
  }
}

async function run(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`millrace ${args.join(' ')} ended with ${code}:\n${out}${err}`)
  return out
}
