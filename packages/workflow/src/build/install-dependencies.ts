import { spawn } from 'node:child_process'
import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, redact, TransientError } from '@millrace/core'
import { isPlatformPackage } from './link-platform.ts'
import type { PackageJson } from './package-json.ts'

/** Characters of npm's output that are kept. */
const longestOutput = 20_000
/** What npm says when the registry is at fault, or the way to it. */
const transient = /\b(ECONN\w+|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|E5\d\d|E429)\b/

/** Installs what the package needs besides the platform, by its lock file where it has one. Does nothing when that is nothing. */
export async function installDependencies(
  folder: string,
  { dependencies }: PackageJson,
  signal: AbortSignal | undefined,
): Promise<void> {
  const names = Object.keys(dependencies)
  if (names.every(isPlatformPackage)) return
  const lock = join(folder, 'package-lock.json')
  const hasLock = await access(lock).then(
    () => true,
    () => false,
  )
  const flags = ['--omit=dev', '--no-audit', '--no-fund', '--no-progress']
  if (hasLock && !names.some(isPlatformPackage)) {
    await npm(folder, ['ci', ...flags], signal)
    return
  }
  // The platform's packages are linked, not fetched: npm must not see them.
  const path = join(folder, 'package.json')
  const originals = await Promise.all(
    (hasLock ? [path, lock] : [path]).map(async (file) => [file, await readFile(file)] as const),
  )
  try {
    await writeFile(path, withoutPlatform(await readFile(path, 'utf8')))
    await npm(folder, ['install', ...flags, '--legacy-peer-deps', ...(hasLock ? [] : ['--no-package-lock'])], signal)
  } finally {
    for (const [file, content] of originals) await writeFile(file, content)
  }
}

function withoutPlatform(text: string): string {
  const json: Record<string, unknown> = JSON.parse(text)
  for (const section of ['dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies']) {
    const entries = Object.entries((json[section] ?? {}) as object)
    json[section] = Object.fromEntries(entries.filter(([name]) => !isPlatformPackage(name)))
  }
  return JSON.stringify(json)
}

async function npm(folder: string, args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  // A group of its own, so that what npm starts ends with it.
  const child = spawn('npm', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const stop = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  signal?.addEventListener('abort', stop, { once: true })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-longestOutput)
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause) => reject(npmMissing(cause))).on('close', resolve)
  }).finally(() => signal?.removeEventListener('abort', stop))
  signal?.throwIfAborted()
  if (code !== 0) throw npmFailed(args, code, redact(output).trim())
}

function npmFailed(args: readonly string[], code: number | null, output: string): Error {
  const message = `"npm ${args[0]}" failed for the dependencies of the package:\n${whatNpmSays(output)}`
  const options = { message, details: { code, output } }
  return transient.test(output)
    ? new TransientError('PACKAGE_DEPENDENCY', options)
    : new ConfigError('PACKAGE_DEPENDENCY', options)
}

/** Its errors without the help that follows them; all it wrote when there are none. */
function whatNpmSays(output: string): string {
  const lines = output.split('\n').flatMap((line) => /^npm (?:error|ERR!) ?(.*)/.exec(line)?.[1] ?? [])
  const help = lines.findIndex((line) => /^(?:Clean install|Install a package|Usage:|A complete log)/.test(line))
  const errors = (help === -1 ? lines : lines.slice(0, help)).filter((line) => line !== '')
  return (errors.length === 0 ? output.split('\n').slice(-15) : errors.slice(0, 15)).join('\n')
}

function npmMissing(cause: Error): ConfigError {
  return new ConfigError('NPM_MISSING', {
    message: `npm cannot be started to install the dependencies of the package: ${cause.message}. Install it, and see that it is in PATH.`,
    cause,
  })
}
