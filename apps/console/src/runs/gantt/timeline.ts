import type { RunEvent } from '../use-run-events.ts'

/** What a task run did for a while. Times in milliseconds since 1970; `to` is null while it goes on. */
export interface Segment {
  /** `queued`: ready, and no worker has it; `running`: an attempt; `pause`: between attempts; `items`: its items go on. */
  readonly kind: 'queued' | 'running' | 'pause' | 'items'
  readonly from: number
  readonly to: number | null
  readonly attempt: number | null
  /** How an attempt ended; null while it runs. */
  readonly outcome: string | null
}

export interface TimelineRow {
  readonly taskRun: number
  readonly node: string
  /** Of an item of a mapped node. */
  readonly mapIndex: number | null
  readonly segments: readonly Segment[]
}

interface Open {
  readonly taskRun: number
  readonly node: string
  readonly mapIndex: number | null
  readonly segments: Segment[]
  current: { readonly kind: Segment['kind']; readonly from: number; readonly attempt: number | null } | null
}

/** What each task run did when, from the events of the run; in the order in which they began. */
export function timeline(events: readonly RunEvent[]): readonly TimelineRow[] {
  const rows = new Map<number, Open>()
  const expandedAt = new Map<string, number>()
  for (const { at: text, kind, task_run, node = '', map_index = null, data } of events) {
    if (task_run === undefined) continue
    const at = Date.parse(text)
    const row: Open = rows.get(task_run) ?? {
      taskRun: task_run,
      node,
      mapIndex: map_index,
      segments: [],
      current: null,
    }
    rows.set(task_run, row)
    const close = (outcome: string | null) => {
      if (row.current === null) return
      const { kind: was, from, attempt } = row.current
      row.segments.push({ kind: was, from, to: at, attempt, outcome: was === 'running' ? outcome : null })
      row.current = null
    }
    const open = (next: Segment['kind'], attempt: number | null = null) => {
      row.current = { kind: next, from: at, attempt }
    }
    switch (kind) {
      case 'task.ready':
        close(null)
        open('queued')
        break
      case 'task.started': {
        // Items are ready from when their node was expanded.
        const ready = map_index === null || row.segments.length > 0 ? undefined : expandedAt.get(node)
        if (row.current === null && ready !== undefined) row.current = { kind: 'queued', from: ready, attempt: null }
        close(null)
        open('running', typeof data.attempt === 'number' ? data.attempt : null)
        break
      }
      case 'task.expanded':
        close(null)
        expandedAt.set(node, at)
        open('items')
        break
      case 'task.retry':
      case 'task.lost':
      case 'task.deferred':
        close(kind === 'task.retry' ? 'failed' : kind.slice('task.'.length))
        open('pause')
        break
      case 'task.ended':
      case 'task.marked':
        close(typeof data.state === 'string' ? data.state : null)
        break
      case 'task.cleared':
        close('cancelled')
        break
    }
  }
  const all = [...rows.values()].map(({ current, segments, ...row }) => ({
    ...row,
    segments: current === null ? segments : [...segments, { ...current, to: null, outcome: null }],
  }))
  const began = ({ segments }: TimelineRow) => segments[0]?.from ?? Number.POSITIVE_INFINITY
  return all.filter(({ segments }) => segments.length > 0).toSorted((a, b) => began(a) - began(b))
}

/** The rows to show: items only below those mapped nodes that are open. */
export function shownRows(rows: readonly TimelineRow[], open: ReadonlySet<string>): readonly TimelineRow[] {
  const items = Map.groupBy(
    rows.filter(({ mapIndex }) => mapIndex !== null),
    ({ node }) => node,
  )
  return rows
    .filter(({ mapIndex }) => mapIndex === null)
    .flatMap((row) => [
      row,
      ...(open.has(row.node)
        ? (items.get(row.node) ?? []).toSorted((a, b) => (a.mapIndex ?? 0) - (b.mapIndex ?? 0))
        : []),
    ])
}
