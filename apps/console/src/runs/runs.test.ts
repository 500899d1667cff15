import { describe, expect, it } from 'vitest'
import { compareTasks } from './compare/compare-tasks.ts'
import { jsonDifferences } from './compare/json-differences.ts'
import { eventState, eventText } from './event-text.ts'
import { addSample, type ProgressSample, ratePerSecond } from './progress-rate.ts'
import { downstreamOf } from './task/downstream.ts'
import { loadedTables } from './task/loaded-tables.ts'
import { localCommand } from './task/local-command.ts'
import { withLocalTimes } from './with-local-times.ts'

describe('comparison', () => {
  it('puts other states first, then what is on one side only, then what took most more or less', () => {
    const node = (id: string, state: 'success' | 'failed', seconds: number) => ({
      ...{ id, kind: 'task' as const, name: id, state },
      started_at: '2026-01-01T00:00:00Z',
      ended_at: new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString(),
    })
    const left = [
      node('same', 'success', 1),
      node('slower', 'success', 1),
      node('broken', 'success', 1),
      node('old', 'success', 1),
    ]
    const right = [
      node('same', 'success', 1),
      node('slower', 'success', 9),
      node('broken', 'failed', 1),
      node('new', 'success', 1),
    ]
    const found = compareTasks(left, right, 0)
    expect(found.map(({ id, differenceMs }) => [id, differenceMs])).toEqual([
      ['broken', 0],
      ['new', null],
      ['old', null],
      ['slower', 8000],
      ['same', 0],
    ])
  })

  it('says where values differ, as deep as can be said', () => {
    const left = { tables: [{ rows: 1 }, { rows: 2 }], at: 'x', gone: null }
    const right = { tables: [{ rows: 1 }, { rows: 3 }, 'more'], at: 'x', kind: ['a'] }
    expect(jsonDifferences(left, right)).toEqual([
      { path: 'tables[1].rows', left: 2, right: 3 },
      { path: 'tables[2]', left: undefined, right: 'more' },
      { path: 'gone', left: null, right: undefined },
      { path: 'kind', left: undefined, right: ['a'] },
    ])
    expect(jsonDifferences([1], { 0: 1 })).toEqual([{ path: '', left: [1], right: { 0: 1 } }])
    expect(jsonDifferences({ a: 1 }, { a: 1 })).toEqual([])
    const many = Array.from({ length: 1000 }, (_, at) => at)
    expect(jsonDifferences(many, [], { limit: 10 })).toHaveLength(10)
  })
})

describe('progress', () => {
  it('is as fast as in the last seconds, and begins anew with each attempt', () => {
    let samples: readonly ProgressSample[] = []
    for (let at = 0; at <= 20; at++) samples = addSample(samples, { done: at * at * 100, at: at * 1000, attempt: 1 })
    // From 10 s on: 100 × (400 − 100) rows in ten seconds.
    expect(ratePerSecond(samples)).toBe(3000)
    expect(ratePerSecond(addSample(samples, { done: 5, at: 21_000, attempt: 2 }))).toBeNull()
    expect(ratePerSecond(addSample(samples, { done: 5, at: 21_000, attempt: 1 }))).toBeNull()
  })
})

it('finds what comes after a node, whichever way', () => {
  const edges = [
    ...[
      { from: 'a', to: 'b' },
      { from: 'a', to: 'c' },
    ],
    ...[
      { from: 'b', to: 'd' },
      { from: 'c', to: 'd' },
      { from: 'x', to: 'd' },
    ],
  ]
  expect([...downstreamOf(edges, 'a')].toSorted()).toEqual(['a', 'b', 'c', 'd'])
  expect([...downstreamOf(edges, 'd')]).toEqual(['d'])
})

it('gives a command that shells take as it is meant', () => {
  const run = {
    workflow: 'shop_orders',
    logical_date: '2026-01-01T00:00:00Z',
    params: { day: '2026-01-01', note: "it's; rm -rf /", list: [1, 2] },
  }
  expect(localCommand(run, 'load.totals')).toBe(
    `millrace run shop_orders --only load.totals --date 2026-01-01T00:00:00Z --param day=2026-01-01 --param 'note=it'\\''s; rm -rf /' --param 'list=[1,2]'`,
  )
})

it('knows the output of a transfer from any other', () => {
  const table = { table: 'orders', target: 'main.orders', rows: 3, durationMs: 12, proof: 'hash' }
  expect(loadedTables({ rows: 3, tables: [{ ...table, mode: 'replace' }] })).toEqual([table])
  expect(loadedTables({ tables: [{ name: 'x' }] })).toEqual([])
  expect(loadedTables('text')).toEqual([])
  expect(loadedTables(null)).toEqual([])
})

it('tells what happened in words, and what it does not know as it stands', () => {
  const event = (kind: string, data = {}) => ({ id: 1, at: '2026-01-01T00:00:00Z', kind, data })
  expect(eventText(event('task.retry', { attempt: 1, seconds: 90, reason: 'busy' }))).toBe(
    'failed (attempt 1), tried again in 1 min 30 s: busy',
  )
  expect(eventText(event('task.ended', { state: 'upstream_failed' }))).toBe('upstream failed')
  expect(eventText(event('run.created', { trigger: 'schedule', version: '2' }))).toBe('made by schedule, of version 2')
  expect(eventText(event('task.sung', { song: 'x' }))).toBe('task.sung {"song":"x"}')
  expect(eventState(event('task.ended', { state: 'skipped' }))).toBe('skipped')
  expect(eventState(event('task.sung'))).toBeNull()
})

it('says times of sentences in the zone of the person, with the day where it is another one', () => {
  const now = new Date('2026-03-01T12:00:00Z')
  const said = withLocalTimes('waiting until 2026-03-01T12:30:00.000Z: busy, since 2026-02-27T12:00:00Z', now)
  expect(said).not.toContain('Z')
  expect(said).toMatch(/^waiting until [\d:]+( [AP]M)?: busy, since .*27.*, [\d:]+( [AP]M)?$/)
})
