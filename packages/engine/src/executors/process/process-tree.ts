import { readdirSync, readFileSync } from 'node:fs'

/**
 * Marks the environment of a process and of everything it starts, so that what left the process group is found again.
 * Without a prefix of ours, because a program of ours that a task starts would refuse it.
 */
export const markVariable = '_TASK_PROCESS'

const endTimeoutMs = 10_000

/** Processes whose environment holds this mark; none where there is no /proc. */
function markedProcesses(mark: string): number[] {
  const wanted = `${markVariable}=${mark}`
  return allProcesses().filter((pid) => {
    if (pid === process.pid) return false
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(wanted)
    } catch {
      return false
    }
  })
}

/** Ends all processes with this mark, and those they start meanwhile. Gives how many there were. */
export async function endMarkedProcesses(mark: string, except?: number): Promise<number> {
  const ended = new Set<number>()
  const until = performance.now() + endTimeoutMs
  while (performance.now() < until) {
    const found = markedProcesses(mark).filter((pid) => pid !== except)
    if (found.length === 0) break
    for (const pid of found) {
      ended.add(pid)
      killQuietly(pid, 'SIGKILL')
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return ended.size
}

/** A negative id is a group. False: there is no such process any more. */
export function killQuietly(pid: number, signal: NodeJS.Signals): boolean {
  // Zero would be our own group, and -1 everybody.
  if (pid === 0 || pid === -1) return false
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
}

/** All processes of the machine; empty where there is no /proc. */
export function listProcesses(): ProcessEntry[] {
  return allProcesses().flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3)
      return [{ pid, parent: Number(parent), group: Number(group) }]
    } catch {
      return []
    }
  })
}

/** The processes of a group and everything below them, of a list; `known` also when they have left the group meanwhile. */
export function membersOf(
  leader: number,
  processes: readonly ProcessEntry[],
  known: ReadonlySet<number> = new Set(),
): Set<number> {
  const members = new Set<number>()
  // A child can stand before its parent in the list.
  for (let grown = true; grown; ) {
    grown = false
    for (const { pid, parent, group } of processes) {
      if (members.has(pid)) continue
      if (pid !== leader && group !== leader && !members.has(parent) && !known.has(pid)) continue
      members.add(pid)
      grown = true
    }
  }
  return members
}

/** Memory that is the process's own, in bytes: without the files it has mapped, which others share. 0 when it has ended. */
export function ownMemory(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    return (kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem')) * 1024
  } catch {
    return 0
  }
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
}

function allProcesses(): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
}
