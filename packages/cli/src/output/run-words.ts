import type { Progress, TaskRunState } from '@millrace/workflow'
import { count, duration, short } from './amounts.ts'
import { printable } from './printable.ts'
import { isOver, type ShownNodeRun, type ShownTask } from './run-model.ts'

/** States in the order in which a person wants to hear of them. */
const states: readonly TaskRunState[] = [
  ...(['success', 'failed', 'upstream_failed', 'skipped', 'cancelled'] as const),
  ...(['running', 'expanded', 'ready', 'waiting'] as const),
]

const names: Readonly<Partial<Record<TaskRunState, string>>> = {
  success: 'succeeded',
  upstream_failed: 'not run',
  expanded: 'running',
}

export function stateName(state: TaskRunState): string {
  return names[state] ?? state
}

/** `3 succeeded, 1 failed`. */
export function countsText(counts: ReadonlyMap<TaskRunState, number>): string {
  const parts = states.filter((state) => (counts.get(state) ?? 0) > 0)
  return parts.map((state) => `${count(counts.get(state) ?? 0)} ${stateName(state)}`).join(', ')
}

export function countStates(tasks: Iterable<{ readonly state: TaskRunState }>): Map<TaskRunState, number> {
  const counts = new Map<TaskRunState, number>()
  for (const { state } of tasks) counts.set(state, (counts.get(state) ?? 0) + 1)
  return counts
}

/** From its first attempt on, or the pauses of a mapped node's items included; null before. */
export function tookMs(task: Pick<ShownTask, 'startedAt' | 'endedAt'>, nowMs: number): number | null {
  return task.startedAt === null ? null : Math.max(0, (task.endedAt ?? nowMs) - task.startedAt)
}

/** What there is to say beside the name and the state of a task. */
export function detailOf(run: ShownNodeRun, nowMs: number): string {
  const took = tookMs(run, nowMs)
  const parts: (string | null)[] = [took === null ? null : duration(took)]
  if (run.attempt > 1) parts.push(isOver(run) ? `${run.attempt} attempts` : `attempt ${run.attempt}`)
  if (run.items.size > 0) parts.push(itemsText(run))
  if (run.progress !== null) parts.push(progressText(run, run.progress, nowMs))
  parts.push(whyOf(run, nowMs))
  return parts.filter((part) => part !== null && part !== '').join('  ')
}

function whyOf(task: ShownTask, nowMs: number): string | null {
  switch (task.state) {
    case 'failed':
      return firstLine(task.failure?.message ?? task.reason)
    case 'ready': {
      if (task.nextAt === null) return task.reason
      const wait = `again in ${Math.max(0, Math.ceil((task.nextAt - nowMs) / 1000))} s`
      const why = firstLine(task.failure?.message ?? null)
      return [wait, task.reason === null ? '' : `(${task.reason})`, why ?? ''].filter((part) => part !== '').join(' ')
    }
    case 'skipped':
    case 'upstream_failed':
    case 'cancelled':
      return task.reason
    default:
      return null
  }
}

/** `12/40  1 failed, 3 running` */
function itemsText({ items, counts }: ShownNodeRun): string {
  const done = [...counts].reduce((sum, [state, number]) => sum + (isOver({ state }) ? number : 0), 0)
  const rest = new Map([...counts].filter(([state]) => state !== 'success' && state !== 'waiting'))
  return [`${count(done)}/${count(items.size)}`, countsText(rest)].filter((part) => part !== '').join('  ')
}

/** Share of a mapped node's items, or of a task's work, that is done; null when nobody knows. */
export function shareOf({ items, counts, progress }: ShownNodeRun): number | null {
  if (items.size > 0) {
    const done = [...counts].reduce((sum, [state, number]) => sum + (isOver({ state }) ? number : 0), 0)
    return done / items.size
  }
  if (progress?.total === undefined || progress.total <= 0) return null
  return Math.min(1, Math.max(0, progress.done / progress.total))
}

function progressText(task: ShownTask, { done, total, unit = '' }: Progress, nowMs: number): string {
  const noun = unit === '' ? '' : ` ${unit}`
  if (isOver(task)) return `${count(done)}${noun}`
  const seconds = (nowMs - (task.attemptStartedAt ?? nowMs)) / 1000
  const amount = total === undefined ? `${short(done)}${noun}` : `${short(done)}/${short(total)}${noun}`
  // A rate over less says nothing.
  return seconds < 0.5 ? amount : `${amount}  ${short(done / seconds)}${noun}/s`
}

export function firstLine(text: string | null): string | null {
  if (text === null) return null
  return printable(text.split('\n', 1)[0] ?? '')
}
