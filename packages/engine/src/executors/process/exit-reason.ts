import { readFileSync } from 'node:fs'
import type { TaskFailure } from '@millrace/workflow'
import type { ExitStatus } from './task-process.ts'

export interface ExitCircumstances {
  readonly exit: ExitStatus
  /** The last that the process wrote to standard error. */
  readonly lastWords: string
  readonly memoryMb: number | null
}

/** Why a process that ended before its task did so, as far as can be told. */
export function exitFailure({ exit, lastWords, memoryMb }: ExitCircumstances): TaskFailure {
  const limit = memoryMb === null ? '' : ` Its limit is ${memoryMb} MiB (resources.memoryMb).`
  if (/JavaScript heap out of memory|Allocation failed - (process|JavaScript) /.test(lastWords)) {
    return {
      reason: 'memory',
      code: 'TASK_HEAP_EXHAUSTED',
      message: `The task used up the memory of JavaScript.${limit} Work on smaller parts, or give it more by resources.memoryMb.`,
    }
  }
  if (exit.signal === 'SIGKILL' && systemKilledForMemory()) {
    return {
      reason: 'memory',
      code: 'TASK_KILLED_BY_SYSTEM',
      message: `The system ended the task's process because memory ran out.${limit} Give the worker more memory or fewer slots, or set resources.memoryMb so that this task is ended before it harms others.`,
    }
  }
  const hint =
    exit.signal === 'SIGKILL'
      ? ' Systems that run out of memory end processes like this.'
      : ' A task ends by returning or throwing, not by ending its process.'
  return {
    reason: 'exit',
    code: 'TASK_PROCESS_ENDED',
    message: `The process of the task ended before the task did, ${describeExit(exit)}.${hint}${quote(lastWords)}`,
  }
}

function describeExit({ code, signal }: ExitStatus): string {
  return signal === null ? `with exit code ${code}` : `by signal ${signal}`
}

function quote(lastWords: string): string {
  const text = lastWords.trim().slice(-1500)
  return text === '' ? '' : ` Its last words on standard error:\n${text}`
}

let knownOomKills = systemOomKills()

/** Whether the kernel ended a process for want of memory since this was asked last. */
function systemKilledForMemory(): boolean {
  const before = knownOomKills
  knownOomKills = systemOomKills()
  return knownOomKills > before
}

/** How often it did so in this control group; 0 where it does not tell. */
function systemOomKills(): number {
  for (const file of oomCounters()) {
    try {
      const count = /^oom_kill (\d+)$/m.exec(readFileSync(file, 'latin1'))?.[1]
      if (count !== undefined) return Number(count)
    } catch {
      // Another version of control groups, or none.
    }
  }
  return 0
}

function oomCounters(): readonly string[] {
  if (process.platform !== 'linux') return []
  try {
    const own = readFileSync('/proc/self/cgroup', 'latin1')
    const second = /^0::(.*)$/m.exec(own)?.[1] ?? '/'
    const first = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m.exec(own)?.[1]
    return [
      `/sys/fs/cgroup${second === '/' ? '' : second}/memory.events`,
      '/sys/fs/cgroup/memory.events',
      ...(first === undefined ? [] : [`/sys/fs/cgroup/memory${first}/memory.oom_control`]),
      '/proc/vmstat',
    ]
  } catch {
    return []
  }
}
