import { readdirSync, readFileSync } from 'node:fs'

/** Of the clock of /proc/PID/stat, which is fixed for user space on Linux. */
const tickMs = 10

/** CPU time of a process, its children, and what has ended of them, until now. NaN where there is no /proc. */
export function cpuMsOf(pid: number): number {
  try {
    const all = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(readStat)
    const own = all.find((stat) => stat?.pid === pid)
    if (!own) return Number.NaN
    const children = all.filter((stat) => stat?.parent === pid)
    return own.cpuMs + own.endedMs + children.reduce((sum, stat) => sum + (stat?.cpuMs ?? 0), 0)
  } catch {
    return Number.NaN
  }
}

function readStat(pid: string) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [, parent = 0] = fields
    const at = (index: number) => (fields[index] ?? 0) * tickMs
    return { pid: Number(pid), parent, cpuMs: at(11) + at(12), endedMs: at(13) + at(14) }
  } catch {
    // It ended meanwhile.
    return null
  }
}
