import { describe, expect, it } from 'vitest'
import { marks, markText, stepMs } from './time-scale.ts'
import { shownRows, timeline } from './timeline.ts'

type Events = Parameters<typeof timeline>[0]

const at = (ms: number) => new Date(ms).toISOString()
let id = 0

function event(
  ms: number,
  kind: string,
  task_run: number,
  node: string,
  data = {},
  map_index?: number,
): Events[number] {
  id += 1
  return { id, at: at(ms), kind, task_run, node, data, ...(map_index === undefined ? {} : { map_index }) }
}

describe('the timeline of a run', () => {
  it('says when a task waited, ran, paused and ran again', () => {
    const rows = timeline([
      { id: 0, at: at(0), kind: 'run.created', data: {} },
      event(0, 'task.ready', 1, 'a'),
      event(100, 'task.started', 1, 'a', { attempt: 1 }),
      event(300, 'task.retry', 1, 'a', { attempt: 1, seconds: 1 }),
      event(1300, 'task.started', 1, 'a', { attempt: 2 }),
      event(1500, 'task.ended', 1, 'a', { state: 'success', attempt: 2 }),
    ])
    expect(rows).toHaveLength(1)
    expect(rows[0]?.segments).toEqual([
      { kind: 'queued', from: 0, to: 100, attempt: null, outcome: null },
      { kind: 'running', from: 100, to: 300, attempt: 1, outcome: 'failed' },
      { kind: 'pause', from: 300, to: 1300, attempt: null, outcome: null },
      { kind: 'running', from: 1300, to: 1500, attempt: 2, outcome: 'success' },
    ])
  })

  it('leaves open what goes on, and begins anew after a task was cleared', () => {
    const [row] = timeline([
      event(0, 'task.ready', 1, 'a'),
      event(10, 'task.started', 1, 'a', { attempt: 1 }),
      event(20, 'task.ended', 1, 'a', { state: 'failed' }),
      event(90, 'task.cleared', 1, 'a'),
      event(90, 'task.ready', 1, 'a'),
      event(95, 'task.started', 1, 'a', { attempt: 2 }),
    ])
    expect(row?.segments.at(-1)).toEqual({ kind: 'running', from: 95, to: null, attempt: 2, outcome: null })
    expect(row?.segments).toHaveLength(4)
  })

  it('shows items, which wait from when their node was expanded, below their node where it is open', () => {
    const rows = timeline([
      event(0, 'task.expanded', 1, 'map', { items: 2 }),
      event(30, 'task.started', 3, 'map', { attempt: 1 }, 1),
      event(50, 'task.started', 2, 'map', { attempt: 1 }, 0),
      event(60, 'task.lost', 2, 'map', { attempt: 1 }, 0),
      event(70, 'task.ended', 3, 'map', { state: 'success' }, 1),
    ])
    expect(shownRows(rows, new Set()).map(({ taskRun }) => taskRun)).toEqual([1])
    const open = shownRows(rows, new Set(['map']))
    expect(open.map(({ mapIndex }) => mapIndex)).toEqual([null, 0, 1])
    expect(open[1]?.segments.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['queued', null],
      ['running', 'lost'],
      ['pause', null],
    ])
    expect(open[1]?.segments[0]).toMatchObject({ from: 0, to: 50 })
  })

  it('leaves out what never became ready', () => {
    expect(timeline([event(0, 'task.ended', 1, 'a', { state: 'upstream_failed' })])).toEqual([])
  })
})

describe('the axis', () => {
  it('has marks that stand apart, at round times of the zone', () => {
    expect(stepMs(1)).toBe(100)
    expect(stepMs(90 / 60_000)).toBe(60_000)
    expect(stepMs(90 / 61_000)).toBe(2 * 60_000)
    expect(stepMs(1e-12)).toBe(30 * 86_400_000)
    const halfHour = 1_800_000
    // In a zone that is half an hour ahead full hours are half hours of UTC.
    expect(marks(0, 2 * 3_600_000, 3_600_000, halfHour)).toEqual([halfHour, 3_600_000 + halfHour])
  })

  it('says as much of the time as the step asks for', () => {
    const moment = Date.UTC(2026, 2, 1, 13, 5, 7, 250)
    expect(markText(moment, 86_400_000, 'en-GB', 'UTC')).toBe('1 Mar')
    expect(markText(moment, 60_000, 'en-GB', 'UTC')).toBe('13:05')
    expect(markText(moment, 1000, 'en-GB', 'UTC')).toBe('13:05:07')
    expect(markText(moment, 100, 'en-GB', 'UTC')).toBe('05:07.250')
  })
})
