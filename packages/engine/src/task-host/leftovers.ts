import { subscribe } from 'node:diagnostics_channel'
import { openSync, readSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'

/** Handles that are about to close get this long. */
const settleMs = 20

/** Looks what an attempt leaves in its process that would live on into the next one. */
export function watchLeftovers(): {
  /** Before an attempt. */
  begin(): void
  /** After it. What keeps the process busy, such as `2 Timeout`, or null; and whether processes were started. */
  end(): Promise<{ leftBehind: string | null; spawned: boolean }>
} {
  let before = new Map<string, number>()
  let reapedBefore = 0
  let started = false
  subscribe('child_process', () => {
    started = true
  })
  // Node does not count threads among what keeps a process busy.
  const threads = new Set<Worker>()
  subscribe('worker_threads', (message) => {
    const { worker } = message as { readonly worker: Worker }
    threads.add(worker)
    worker.once('exit', () => threads.delete(worker))
  })
  const busyWith = () => difference(before, activeResources(threads.size))
  return {
    begin() {
      before = activeResources(threads.size)
      reapedBefore = faultsOfReapedChildren()
      started = false
    },
    async end() {
      let leftBehind = busyWith()
      const until = performance.now() + settleMs
      while (leftBehind !== null && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 2).unref())
        leftBehind = busyWith()
      }
      return { leftBehind, spawned: started || faultsOfReapedChildren() !== reapedBefore }
    },
  }
}

function activeResources(threads: number): Map<string, number> {
  const counts = new Map([['Worker', threads]])
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1)
  return counts
}

function difference(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string | null {
  const more = [...after].flatMap(([type, count]) => {
    const extra = count - (before.get(type) ?? 0)
    // Immediates run before anything else can.
    return extra > 0 && type !== 'Immediate' ? [`${extra} ${type}`] : []
  })
  return more.length === 0 ? null : more.join(', ')
}

/**
 * Linux counts the page faults of children that were waited for, and no child is without one: the number moves when a
 * process was run, also by `execSync`, of which Node tells nobody. 0 elsewhere.
 */
function faultsOfReapedChildren(): number {
  if (process.platform !== 'linux') return 0
  try {
    // Read anew from its beginning each time: to open it costs more than all the rest.
    statDescriptor ??= openSync('/proc/self/stat', 'r')
    const length = readSync(statDescriptor, statBuffer, 0, statBuffer.length, 0)
    const stat = statBuffer.toString('latin1', 0, length)
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ', 9)[8])
  } catch {
    // The task closed descriptors that are not its own; what it started is looked for.
    statDescriptor = undefined
    return Number.NaN
  }
}

let statDescriptor: number | undefined
const statBuffer = Buffer.alloc(4096)
