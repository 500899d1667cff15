import { listProcesses, membersOf, ownMemory } from './process-tree.ts'

/** On a machine with very many processes, or a very busy one, is looked less often, so that looking takes its share only. */
const pauseMs = { shortest: 100, longest: 500 }
const largestShare = 0.05

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
    schedule(Math.min(pauseMs.longest, Math.max(pauseMs.shortest, (performance.now() - startedAt) / largestShare)))
  }
  const schedule = (ms: number) => {
    clearTimeout(timer)
    timer = watched.size === 0 ? undefined : setTimeout(look, ms)
  }

  return {
    add(pid, limitBytes, onExceeded) {
      const entry = { pid, limitBytes, onExceeded, peakBytes: 0, members: new Set<number>() }
      if (process.platform === 'linux') watched.add(entry)
      if (timer === undefined) schedule(pauseMs.shortest)
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
