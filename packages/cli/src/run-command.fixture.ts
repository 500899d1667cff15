import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url))

export interface CommandResult {
  readonly code: number | null
  readonly out: Buffer
  readonly err: string
}

export interface RunOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly onSpawn?: (child: ChildProcess) => void
}

/** Runs the command from source the way a shell does, without the variables of this process that mean something to it. */
export async function runCommand(
  args: readonly string[],
  { cwd, env, input, onSpawn }: RunOptions,
): Promise<CommandResult> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(MILLRACE_|XDG_CONFIG_HOME$|PG|MYSQL_|NODE_OPTIONS|VITEST)/.test(name),
  )
  const child = spawn(process.execPath, ['--conditions=@millrace/source', bin, ...args], {
    cwd,
    // Nobody is signed in, unless the test says so.
    env: { ...Object.fromEntries(own), XDG_CONFIG_HOME: join(cwd, 'no-config'), ...env },
    stdio: 'pipe',
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  onSpawn?.(child)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, out: Buffer.concat(out), err: Buffer.concat(err).toString() }
}
