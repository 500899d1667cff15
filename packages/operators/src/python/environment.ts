import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ConfigError, platformSettings, readSettings, TransientError } from '@millrace/core'
import type { TaskContext } from '@millrace/workflow'
import { makeEnvironment } from './bootstrap.ts'
import { runProcess } from './run-process.ts'

export interface PythonEnvironment {
  /** The interpreter of the environment. */
  readonly python: string
  readonly folder: string
  /** Variables for programs in it; none of Millrace's own, which may hold credentials. */
  readonly env: Readonly<Record<string, string | undefined>>
}

type Wanted = {
  /** Command or path of the interpreter. Default `python3`. */
  readonly python?: string
  /** Lines as in a requirements file. */
  readonly requirements?: readonly string[]
}

type Context = Pick<TaskContext, 'log' | 'signal' | 'scratch'> & Partial<Pick<TaskContext, 'heartbeat'>>

/** Of interpreters by their command; asking takes as long as a small task. */
const identities = new Map<string, string>()

/**
 * The environment for a Python and its requirements, made once for each version of Python and content of the
 * requirements, in `cache/python` of the home folder. One that was cut off is made again; of two processes that want the
 * same one, one waits for the other.
 *
 * @throws ConfigError `PYTHON_MISSING`, `PYTHON_TOO_OLD`, `PYTHON_VENV_MISSING`; TransientError `PYTHON_REQUIREMENTS_FAILED`
 */
export async function preparePython(wanted: Wanted, context: Context): Promise<PythonEnvironment> {
  const { python = 'python3', requirements = [] } = wanted
  const identity = identities.get(python) ?? (await identify(python, context))
  identities.set(python, identity)
  const lines = requirements.map((line) => line.trim()).filter((line) => line !== '')
  const hash = createHash('sha256')
    .update(JSON.stringify([identity, [...lines].sort()]))
    .digest('hex')
    .slice(0, 20)
  const cache = resolve(readSettings({ home: platformSettings.home }).home, 'cache', 'python')
  const folder = join(cache, hash)
  const marker = join(folder, 'complete.json')
  if (existsSync(marker)) await utimes(marker, new Date(), new Date())
  else {
    await mkdir(cache, { recursive: true })
    await make(python, folder, lines, context)
  }
  const bin = join(folder, 'bin')
  return {
    python: join(bin, 'python'),
    folder,
    env: { ...inherited(), VIRTUAL_ENV: folder, PATH: `${bin}:${process.env.PATH ?? ''}` },
  }
}

/** Version, build and place of an interpreter: what an environment depends on. */
async function identify(python: string, { signal, scratch }: Context): Promise<string> {
  const lines: string[] = []
  const ask = 'import sys, sysconfig; print(sys.version_info[:3], sysconfig.get_platform(), sys.executable)'
  try {
    const { code } = await runProcess(python, ['-c', ask], {
      cwd: scratch,
      env: inherited(),
      signal,
      onLine: (line) => void lines.push(line),
    })
    if (code !== 0) throw new Error(lines.join('\n'))
  } catch (cause) {
    signal.throwIfAborted()
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new ConfigError('PYTHON_MISSING', {
      message: `${missing ? `There is no Python at "${python}"` : `"${python}" does not work as Python`}. Install Python 3.9 or later where the worker runs (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python), or name another one with "python".`,
      details: { python },
      cause,
    })
  }
  const [, major, minor] = /^\((\d+), (\d+)/.exec(lines[0] ?? '') ?? []
  if (Number(major) < 3 || (Number(major) === 3 && Number(minor) < 9)) {
    throw new ConfigError('PYTHON_TOO_OLD', {
      message: `"${python}" is Python ${major}.${minor}, and 3.9 or later is needed. Install a newer one, or name it with "python".`,
      details: { python },
    })
  }
  return lines[0] ?? ''
}

async function make(python: string, folder: string, requirements: readonly string[], context: Context): Promise<void> {
  const { log, signal, scratch } = context
  const file = join(scratch, 'requirements.txt')
  await writeFile(file, requirements.map((line) => `${line}\n`).join(''))
  if (requirements.length > 0) log.info(`An environment is made with ${requirements.length} requirements.`)
  const last: string[] = []
  const { code, signal: killed } = await runProcess(python, ['-c', makeEnvironment, folder, file], {
    cwd: scratch,
    env: inherited(),
    signal,
    onLine(line, stream) {
      last.push(line)
      if (last.length > 20) last.shift()
      log.info(line, stream === 'stderr' ? { stream } : undefined)
      context.heartbeat?.()
    },
  })
  if (code === 0) return
  if (code === 3) {
    throw new ConfigError('PYTHON_VENV_MISSING', {
      message: `"${python}" cannot make environments. Install its module venv (Debian, Ubuntu: apt install python3-venv), or name another Python with "python".`,
      details: { python, output: last.join('\n') },
    })
  }
  throw new TransientError('PYTHON_REQUIREMENTS_FAILED', {
    message: `The requirements of the Python code could not be installed (${killed ?? `exit code ${code}`}): ${last.filter((line) => /error/i.test(line)).at(-1) ?? last.at(-1) ?? 'no output'}. Check their names and versions, and that the package index can be reached.`,
    details: { requirements, output: last.join('\n') },
  })
}

function inherited(): Record<string, string | undefined> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(MILLRACE_|DATABASE_URL$|PYTHON(HOME|PATH)$|VIRTUAL_ENV$)/.test(name),
  )
  return { ...Object.fromEntries(own), PYTHONUNBUFFERED: '1', PYTHONIOENCODING: 'utf-8', PYTHONDONTWRITEBYTECODE: '1' }
}
