import type { Schema } from '../../api/index.ts'
import { durationText } from '../../ui/duration-text.ts'
import { stateLook } from '../../ui/state-look.ts'

export type Grid = Schema<'WorkflowGrid'>
export type GridRun = Grid['runs'][number]

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** How long a run took, or takes so far, in milliseconds; null before it started. */
export function runDurationMs({ started_at, ended_at }: GridRun, now: number): number | null {
  if (started_at === undefined) return null
  return (ended_at === undefined ? now : Date.parse(ended_at)) - Date.parse(started_at)
}

export function runText(run: GridRun, now: number): string {
  const tookMs = runDurationMs(run, now)
  const took = tookMs === null ? '' : `, ${durationText(tookMs)}`
  const reason = run.reason === undefined ? '' : `: ${run.reason}`
  return `Run ${run.id} for ${when.format(new Date(run.logical_date))}, version ${run.version}, ${run.trigger}: ${stateLook(run.state).label}${reason}${took}`
}

/** What a cell of the grid says: a task in a run. */
export function cellText({ nodes }: Grid, run: GridRun, place: number, now: number): string {
  const id = nodes[place]?.id ?? ''
  const state = run.states[place] ?? null
  const head = `${id} in run ${run.id} for ${when.format(new Date(run.logical_date))}`
  if (state === null) return `${head}: version ${run.version} has no such task`
  const start = run.starts[place] ?? null
  const end = run.ends[place] ?? null
  // What waits for its next try does nothing.
  const tookMs = start === null || state === 'ready' ? null : (end ?? now - Date.parse(run.created_at)) - start
  const items = run.items.find(({ node }) => node === place)
  const counts =
    items === undefined
      ? ''
      : `, ${items.success} of ${items.total} items succeeded${items.failed > 0 ? `, ${items.failed} failed` : ''}`
  return `${head}: ${stateLook(state).label}${tookMs === null ? '' : `, ${durationText(tookMs)}`}${counts}`
}
