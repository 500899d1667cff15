import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { ConfigError } from '@millrace/core'

/** A process that holds a lock. */
export interface Holder {
  readonly pid: number
  /** Tells a process from a later one with the same number; null where the system does not say. */
  readonly startTime: string | null
  readonly host: string
}

export async function thisProcess(): Promise<Holder> {
  return { pid: process.pid, startTime: await startTime(process.pid), host: hostname() }
}

/** Whether another process still runs; null when it is one of another machine. */
export async function isRunning(holder: Holder): Promise<boolean | null> {
  if (holder.host !== hostname()) return null
  if (!isAlive(holder.pid) || (await isZombie(holder.pid))) return false
  const now = await startTime(holder.pid)
  return holder.startTime === null || now === null || now === holder.startTime
}

/** Locks held by this process: a process may well run several loads. */
const held = new Set<string>()

/** Keeps every other load away from a target. Returns the release. */
export async function lockTarget(path: string, target: string): Promise<() => Promise<void>> {
  const own = await thisProcess()
  for (;;) {
    try {
      await writeFile(path, JSON.stringify(own), { flag: 'wx', mode: 0o600 })
      held.add(path)
      return async () => {
        held.delete(path)
        await rm(path, { force: true })
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = await lockHolder(path)
    if (holder) {
      throw new ConfigError('LOAD_RUNNING', {
        message: `Another copy (pid ${holder.pid}${holder.host === own.host ? '' : ` on ${holder.host}`}) is writing "${target}". Wait for it to end, or stop it. If no such process exists, delete "${path}".`,
        details: { pid: holder.pid, host: holder.host },
      })
    }
    // The holder is gone. Moving its lock away first keeps two processes from both removing one.
    const stale = `${path}.${process.pid}.stale`
    await rename(path, stale).catch(() => {})
    await rm(stale, { force: true })
  }
}

/** Who holds the lock now, if a living process does. */
export async function lockHolder(path: string): Promise<Holder | null> {
  let holder: Holder
  try {
    holder = JSON.parse(await readFile(path, 'utf8')) as Holder
  } catch {
    // Missing, or cut off by the crash of whoever wrote it.
    return null
  }
  if (holder.host === hostname() && holder.pid === process.pid) return held.has(path) ? holder : null
  return (await isRunning(holder)) === false ? null : holder
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A process that was killed keeps its number until its parent asks for it, in a container without an init for ever. */
async function isZombie(pid: number): Promise<boolean> {
  if ((await statFields(pid))?.[0] !== 'Z') return false
  // Its other threads may still be ending, and hold its files until then.
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  return threads.length <= 1
}

async function startTime(pid: number): Promise<string | null> {
  return (await statFields(pid))?.[19] ?? null
}

/** From the third on, the state. The name in parentheses before it may hold anything, so fields are counted behind it. */
async function statFields(pid: number): Promise<string[] | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? null
}
