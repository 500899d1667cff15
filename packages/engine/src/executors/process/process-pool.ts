import { FatalError } from '@millrace/core'
import type { TaskProcess } from './task-process.ts'

export interface TakeRequest {
  /** What the process will have loaded. */
  readonly version: string
  readonly memoryMb: number | null
  /** One that has run nothing yet. */
  readonly fresh: boolean
}

export interface ProcessPool extends AsyncDisposable {
  /** @throws FatalError TASK_PROCESS_NOT_STARTED with what it wrote last */
  take(request: TakeRequest): Promise<TaskProcess>
  /** Gives back a process that is as it was. */
  release(process: TaskProcess): void
}

/** How long after a fresh process was asked for more are kept ahead, in milliseconds: one boots on each of a few cores. */
const freshMemoryMs = 30_000
const freshAhead = 3
/** Kept with other limits of memory than the one that was asked for last. */
const mostOtherSpares = 1
/** A first attempt of a warm process is not held up by the boot of the next one. */
const refillPauseMs = 250

/**
 * Processes between attempts. Those that have loaded a version wait for the next attempt of it, and end after a while or
 * when another version needs the room; spares have booted and loaded nothing, so that neither a new version nor an
 * attempt with a process of its own waits for the boot. Never more processes with a version than slots.
 */
export function processPool({
  slots,
  idleMs,
  boot,
}: {
  readonly slots: number
  readonly idleMs: number
  readonly boot: (memoryMb: number | null) => TaskProcess
}): ProcessPool {
  const all = new Set<TaskProcess>()
  /** The one that waits longest stands first. */
  let idle: { readonly process: TaskProcess; readonly timer: NodeJS.Timeout }[] = []
  let spares: TaskProcess[] = []
  let freshUntil = 0
  let refillTimer: NodeJS.Timeout | undefined
  let disposed = false

  const start = (memoryMb: number | null): TaskProcess => {
    const process = boot(memoryMb)
    all.add(process)
    void process.exited.then(() => {
      spares = spares.filter((spare) => spare !== process)
      forget(process)
    })
    void process.gone.then(() => all.delete(process))
    return process
  }
  const forget = (process: TaskProcess) => {
    clearTimeout(idle.find((entry) => entry.process === process)?.timer)
    idle = idle.filter((entry) => entry.process !== process)
  }
  const retire = (process: TaskProcess) => {
    forget(process)
    void process.end({ orderly: true })
  }
  const makeRoom = () => {
    const busy = [...all].filter(
      (process) => process.alive && !spares.includes(process) && !idle.some((entry) => entry.process === process),
    ).length
    for (const { process } of idle.slice(0, Math.max(0, busy + idle.length - slots))) retire(process)
  }
  const refill = (memoryMb: number | null) => {
    refillTimer = undefined
    const wanted = performance.now() < freshUntil ? freshAhead : 1
    if (disposed) return
    const others = spares.filter((spare) => spare.memoryMb !== memoryMb)
    const fitting = spares.filter((spare) => spare.memoryMb === memoryMb)
    for (const other of others.splice(0, Math.max(0, others.length - mostOtherSpares))) void other.end()
    spares = [...others, ...fitting]
    try {
      for (let count = fitting.length; count < wanted; count += 1) spares.push(start(memoryMb))
    } catch {
      // The attempt that needs one will say why there is none.
    }
  }
  const refillSoon = (memoryMb: number | null, now: boolean) => {
    clearTimeout(refillTimer)
    if (now) refill(memoryMb)
    else refillTimer = setTimeout(refill, refillPauseMs, memoryMb)
  }
  const takeSpare = (memoryMb: number | null): TaskProcess => {
    const spare = spares.find((candidate) => candidate.memoryMb === memoryMb && candidate.alive)
    spares = spares.filter((candidate) => candidate !== spare)
    return spare ?? start(memoryMb)
  }

  refill(null)
  return {
    async take({ version, memoryMb, fresh }) {
      if (disposed) throw new FatalError('TASK_PROCESS_NOT_STARTED', { message: 'The worker is ending.' })
      if (!fresh) {
        const found = idle.findLast(
          ({ process }) => process.alive && process.version === version && process.memoryMb === memoryMb,
        )
        if (found) {
          forget(found.process)
          return found.process
        }
      }
      if (fresh) freshUntil = performance.now() + freshMemoryMs
      const process = takeSpare(memoryMb)
      process.version = version
      makeRoom()
      if (await process.ready) {
        refillSoon(memoryMb, fresh)
        return process
      }
      await process.end()
      throw new FatalError('TASK_PROCESS_NOT_STARTED', {
        message: `The process for tasks ended before it could take one. Its last words: ${process.stderr.lastWords().trim().slice(-2000) || 'none.'}`,
      })
    },
    release(process) {
      if (!process.alive || disposed) return
      const timer = setTimeout(retire, idleMs, process)
      timer.unref()
      idle.push({ process, timer })
    },
    async [Symbol.asyncDispose]() {
      disposed = true
      clearTimeout(refillTimer)
      const idleOnes = idle.map(({ process }) => process)
      await Promise.all([...all].map((process) => process.end({ orderly: idleOnes.includes(process) })))
      for (const process of idleOnes) forget(process)
    },
  }
}
