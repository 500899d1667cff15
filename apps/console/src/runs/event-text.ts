import { durationText } from '../ui/duration-text.ts'
import { type AnyState, stateLook } from '../ui/state-look.ts'
import type { RunEvent } from './use-run-events.ts'

/** An event as a sentence for people, without what it happened to. */
export function eventText({ kind, data }: RunEvent): string {
  const reason = typeof data.reason === 'string' && data.reason !== '' ? `: ${data.reason}` : ''
  const attempt = typeof data.attempt === 'number' ? ` (attempt ${data.attempt})` : ''
  const wait = typeof data.seconds === 'number' ? ` in ${durationText(data.seconds * 1000)}` : ''
  switch (kind) {
    case 'run.created':
      return `made by ${data.trigger ?? 'somebody'}, of version ${data.version ?? 'unknown'}`
    case 'run.started':
      return 'started'
    case 'run.ended':
      return `ended: ${stateText(data.state)}`
    case 'run.cancel_requested':
      return `to be cancelled${reason}`
    case 'run.reopened':
      return 'opened again'
    case 'task.ready':
      return `ready for a worker${reason}`
    case 'task.started':
      return `started${attempt}`
    case 'task.expanded':
      return `expanded into ${data.items ?? 'its'} items`
    case 'task.ended':
      return `${stateText(data.state)}${attempt}${reason}`
    case 'task.retry':
      return `failed${attempt}, tried again${wait}${reason}`
    case 'task.deferred':
      return `deferred, looked at again${wait}${reason}`
    case 'task.lost':
      return `its worker was lost${attempt}, started again${wait}${reason}`
    case 'task.marked':
      return typeof data.reason === 'string' ? data.reason : `marked as ${stateText(data.state)}`
    case 'task.cleared':
      return 'cleared, to be done again'
    default:
      return `${kind} ${JSON.stringify(data)}`
  }
}

/** What it is about, as states are shown; null where no state says it. */
export function eventState({ kind, data }: RunEvent): AnyState | null {
  const byKind: Readonly<Record<string, AnyState>> = {
    'run.started': 'running',
    'task.ready': 'ready',
    'task.started': 'running',
    'task.expanded': 'expanded',
    'task.retry': 'failed',
    'task.lost': 'failed',
    'task.deferred': 'waiting',
    'task.cleared': 'waiting',
    'run.cancel_requested': 'cancelled',
  }
  return byKind[kind] ?? (typeof data.state === 'string' ? (data.state as AnyState) : null)
}

function stateText(state: unknown): string {
  return typeof state === 'string' ? (stateLook(state as AnyState)?.label ?? state) : 'unknown'
}
