import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '@millrace/core'

/** How other commands of the project find the server that `millrace dev` runs: in the project's folder for what Millrace remembers. */
export interface DevFile {
  readonly url: string
  readonly token: string
  readonly pid: number
  /** When the process began, as the system counts it: a pid may be used again. Empty where that is not known. */
  readonly started: string
}

const name = 'dev.json'
const lockName = 'dev.lock'
const portName = 'dev-port'

/** Only the account that runs the server may read it: it holds the token. */
export function writeDevFile(home: string, file: DevFile): void {
  const path = join(home, name)
  writeFileSync(`${path}.tmp`, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.tmp`, path)
}

/** Undefined when there is none, or the process that wrote it has ended. */
export function readDevFile(home: string): DevFile | undefined {
  try {
    const file: DevFile = JSON.parse(readFileSync(join(home, name), 'utf8'))
    return isSame(file.pid, file.started) ? file : undefined
  } catch {
    return undefined
  }
}

export function removeDevFile(home: string): void {
  rmSync(join(home, name), { force: true })
}

/**
 * Takes the folder for this process, until it is disposed of or the process ends.
 *
 * @throws ConfigError `DEV_RUNNING`
 */
export function lockHome(home: string): Disposable {
  mkdirSync(home, { recursive: true })
  const path = join(home, lockName)
  for (;;) {
    try {
      writeFileSync(path, `${process.pid} ${startOf(process.pid)}`, { flag: 'wx' })
      return { [Symbol.dispose]: () => rmSync(path, { force: true }) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const [owner = '', started = ''] = (read(path) ?? '').split(' ')
    if (isSame(Number(owner), started)) throw running(home, Number(owner))
    // Of a process that was killed; who renames it first may remove it.
    const stale = `${path}.${process.pid}`
    try {
      renameSync(path, stale)
    } catch {
      continue
    }
    rmSync(stale, { force: true })
  }
}

/** The port of the last time, so that addresses stay good; 0 when there was none. */
export function lastPort(home: string): number {
  const port = Number(read(join(home, portName)))
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0
}

export function keepPort(home: string, port: number): void {
  writeFileSync(join(home, portName), `${port}`)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Whether the process that began then still runs. */
function isSame(pid: number, started: string): boolean {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const { state, start } = statOf(pid)
  // One that has ended and is not waited for by its parent still has its id.
  return started === start && state !== 'Z'
}

/** Clock ticks from the start of the system to that of the process, on Linux. */
export function startOf(pid: number): string {
  return statOf(pid).start
}

function statOf(pid: number): { readonly state: string; readonly start: string } {
  // The name of the program, in brackets, may hold anything.
  const fields = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ') ?? []
  return { state: fields[0] ?? '', start: fields[19] ?? '' }
}

function running(home: string, pid: number): ConfigError {
  const file = readDevFile(home)
  return new ConfigError('DEV_RUNNING', {
    message: `millrace dev runs already for ${home}, as process ${pid}${file ? ` at ${file.url}` : ''}. Use that one, or stop it first.`,
    details: { pid, ...(file && { url: file.url }) },
  })
}
