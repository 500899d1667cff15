import { listProcesses, membersOf, ownMemory } from './process-tree.ts'

/** How often is looked at least; a machine with very many processes is looked at less often. */
const shortestPauseMs = 100
const largestShare = 0.02

export interface MemoryWatch extends Disposable {
  /**
   * Watches the group of a process. `onExceeded` is told once, with the bytes found. Dispose to end it.
   * Nothing happens where the system does not tell (no /proc).
   */
  add(pid: number, limitBytes: number, onExceeded: (bytes: number) => void): Disposable & { readonly peakBytes: number }
}

/** One look at the system for all processes that are watched; none while nothing is. */
export function memoryWatch(): MemoryWatch {
  const watched = new Set<{
    readonly pid: number
    readonly limitBytes: number
    readonly onExceeded: (bytes: number) => void
    peakBytes: number
    members: ReadonlySet<number>
  }>()
  let timer: NodeJS.Timeout | undefined

  const look = () => {
    const startedAt = performance.now()
    const processes = listProcesses()
    for (const entry of [...watched]) {
      entry.members = membersOf(entry.pid, processes, entry.members)
      const bytes = [...entry.members].reduce((sum, pid) => sum + ownMemory(pid), 0)
      entry.peakBytes = Math.max(entry.peakBytes, bytes)
      if (bytes <= entry.limitBytes) continue
      watched.delete(entry)
      entry.onExceeded(bytes)
    }
    schedule(Math.max(shortestPauseMs, (performance.now() - startedAt) / largestShare))
  }
  const schedule = (pauseMs: number) => {
    clearTimeout(timer)
    timer = watched.size === 0 ? undefined : setTimeout(look, pauseMs)
  }

  return {
    add(pid, limitBytes, onExceeded) {
      const entry = { pid, limitBytes, onExceeded, peakBytes: 0, members: new Set<number>() }
      if (process.platform === 'linux') watched.add(entry)
      if (timer === undefined) schedule(shortestPauseMs)
      return {
        get peakBytes() {
          return entry.peakBytes
        },
        [Symbol.dispose]: () => void watched.delete(entry),
      }
    },
    [Symbol.dispose]() {
      watched.clear()
      clearTimeout(timer)
    },
  }
}
