import { type Outcome, type TriggerRule, triggerRules } from '@millrace/workflow'
import { describe, expect, it } from 'vitest'
import { deployWorkflow } from '../workflows.ts'
import { completeAttempts } from './complete.ts'
import {
  choose,
  eventKinds,
  failure,
  inconsistencies,
  manifestOf,
  type NodeSketch,
  outcomes,
  output,
  skip,
  startRun,
  states,
  success,
  taskRow,
  useEngines,
  work,
} from './engine.fixture.ts'
import { nodeOutput } from './outputs.ts'
import { readRun } from './run-row.ts'

const engines = useEngines()

describe('a graph', () => {
  it('that is a chain is run in its order, and its events tell the story', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, { a: [], b: ['a'], c: ['b'] })
    expect(run).toMatchObject({ state: 'running', open_tasks: 3 })
    const attempts = await work(test.engine)
    expect(attempts.map(({ node }) => node.id)).toEqual(['a', 'b', 'c'])
    expect(attempts[2]).toMatchObject({ attempt: 1, ancestors: ['b', 'a'], run: { workflow: 'flow', version: '1' } })
    expect(await readRun(test.db, run.id)).toMatchObject({
      state: 'success',
      open_tasks: 0,
      ended_at: expect.any(Date),
    })
    expect(await eventKinds(test.engine, run.id)).toEqual([
      'run.created',
      'run.started',
      ...['task.started', 'task.ended', 'task.ready'],
      ...['task.started', 'task.ended', 'task.ready'],
      ...['task.started', 'task.ended', 'run.ended'],
    ])
  })

  it('that is a diamond joins when both sides have ended', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, { a: [], left: ['a'], right: ['a'], join: ['left', 'right'] })
    const attempts = await work(test.engine, () => success, { limit: 1 })
    expect(attempts.map(({ node }) => node.id)).toEqual(['a', 'left', 'right', 'join'])
    expect((await readRun(test.db, run.id)).state).toBe('success')
  })

  it('of spacers only ends as it begins', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, { a: { spacer: true }, b: { after: ['a'], spacer: true } })
    expect(run.state).toBe('success')
    expect(await inconsistencies(test.db)).toEqual([])
  })

  it('with nothing in it ends as it begins', async () => {
    await using test = await engines.open()
    expect((await startRun(test.engine, {})).state).toBe('success')
  })

  it.each(['all_failed', 'all_skipped', 'one_failed'] as const)(
    'ends with a node after a spacer that %s never lets run',
    async (triggerRule) => {
      await using test = await engines.open()
      const run = await startRun(test.engine, {
        start: { spacer: true },
        never: { after: ['start'], triggerRule },
        last: { after: ['never'], triggerRule: 'all_done' },
      })
      await work(test.engine)
      expect(await states(test.engine, run.id)).toEqual({ start: 'success', never: 'skipped', last: 'success' })
      expect((await readRun(test.db, run.id)).state).toBe('success')
    },
  )

  it('with a failure gives up what comes after it, and does the rest', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, { a: [], b: ['a'], c: ['b'], other: [] })
    await work(test.engine, outcomes({ a: failure }))
    expect(await states(test.engine, run.id)).toEqual({
      a: 'failed',
      b: 'upstream_failed',
      c: 'upstream_failed',
      other: 'success',
    })
    expect(await taskRow(test.engine, run.id, 'c')).toMatchObject({ reason: 'it needs a, which failed', attempt: 0 })
    expect(await readRun(test.db, run.id)).toMatchObject({ state: 'failed', failed_tasks: 1 })
  })
})

describe('a branch', () => {
  const diamond: Record<string, NodeSketch> = {
    pick: { branch: true },
    left: ['pick'],
    right: ['pick'],
    join: { after: ['left', 'right'], triggerRule: 'none_failed_min_one_success' },
  }

  it.each([
    [['left'], { left: 'success', right: 'skipped', join: 'success' }],
    [['left', 'right'], { left: 'success', right: 'success', join: 'success' }],
    [[], { left: 'skipped', right: 'skipped', join: 'skipped' }],
  ])('that chooses %j has the others skipped', async (ids, expected) => {
    await using test = await engines.open()
    const run = await startRun(test.engine, diamond)
    await work(test.engine, outcomes({ pick: choose(...ids) }))
    expect(await states(test.engine, run.id)).toEqual({ pick: 'success', ...expected })
    expect((await readRun(test.db, run.id)).state).toBe('success')
  })

  it('skips what it leaves out whatever its rule, and says who chose', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, {
      pick: { branch: true },
      out: { after: ['pick'], triggerRule: 'all_done' },
      in: ['pick'],
    })
    await work(test.engine, outcomes({ pick: choose('in') }))
    expect(await taskRow(test.engine, run.id, 'out')).toMatchObject({ state: 'skipped', reason: 'not chosen by pick' })
  })
})

/** What becomes of a node with the rule after two upstreams that end so. */
const table: Record<TriggerRule, Record<'ss' | 'sf' | 'sk' | 'ff' | 'fk' | 'kk', 'run' | 'skip' | 'fail'>> = {
  all_success: { ss: 'run', sf: 'fail', sk: 'skip', ff: 'fail', fk: 'fail', kk: 'skip' },
  all_failed: { ss: 'skip', sf: 'skip', sk: 'skip', ff: 'run', fk: 'skip', kk: 'skip' },
  all_done: { ss: 'run', sf: 'run', sk: 'run', ff: 'run', fk: 'run', kk: 'run' },
  all_skipped: { ss: 'skip', sf: 'skip', sk: 'skip', ff: 'skip', fk: 'skip', kk: 'run' },
  one_success: { ss: 'run', sf: 'run', sk: 'run', ff: 'fail', fk: 'fail', kk: 'skip' },
  one_failed: { ss: 'skip', sf: 'run', sk: 'skip', ff: 'run', fk: 'run', kk: 'skip' },
  one_done: { ss: 'run', sf: 'run', sk: 'run', ff: 'run', fk: 'run', kk: 'skip' },
  none_failed: { ss: 'run', sf: 'fail', sk: 'run', ff: 'fail', fk: 'fail', kk: 'run' },
  none_failed_min_one_success: { ss: 'run', sf: 'fail', sk: 'run', ff: 'fail', fk: 'fail', kk: 'skip' },
  none_skipped: { ss: 'run', sf: 'run', sk: 'skip', ff: 'run', fk: 'skip', kk: 'skip' },
  always: { ss: 'run', sf: 'run', sk: 'run', ff: 'run', fk: 'run', kk: 'run' },
}

describe('trigger rules', () => {
  it('decide as the table says, for every rule and every pair of upstreams', async () => {
    await using test = await engines.open()
    const ends: Record<string, Outcome> = { s: success, f: failure, k: skip }
    const pairs = ['ss', 'sf', 'sk', 'ff', 'fk', 'kk'] as const
    const nodes: Record<string, NodeSketch> = {}
    for (const pair of pairs) {
      nodes[`${pair}-0`] = []
      nodes[`${pair}-1`] = []
      for (const triggerRule of triggerRules) {
        nodes[`${pair}-${triggerRule}`] = { after: [`${pair}-0`, `${pair}-1`], triggerRule }
      }
    }
    const run = await startRun(test.engine, nodes)
    await work(test.engine, ({ node }) => {
      const [pair = '', which = ''] = node.id.split('-')
      return ends[pair[Number(which)] ?? 's'] ?? success
    })
    const ended = await states(test.engine, run.id)
    const names = { success: 'run', skipped: 'skip', upstream_failed: 'fail' } as Record<string, string>
    for (const triggerRule of triggerRules) {
      const found = Object.fromEntries(pairs.map((pair) => [pair, names[ended[`${pair}-${triggerRule}`] ?? '']]))
      expect({ triggerRule, ...found }).toEqual({ triggerRule, ...table[triggerRule] })
    }
    expect(await inconsistencies(test.db)).toEqual([])
  })
})

describe('a mapped node', () => {
  const mapped = { list: [], each: { mapOver: 'list' }, sum: ['each'] } as const

  it('is run once for each element, and its output is theirs in order', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, mapped)
    const attempts = await work(
      test.engine,
      outcomes({
        list: output([3, 1, 2]),
        each: ({ item }) => output(Number(item) * 10),
      }),
    )
    expect(attempts.filter(({ node }) => node.id === 'each').map(({ item, mapIndex }) => [mapIndex, item])).toEqual([
      [0, 3],
      [1, 1],
      [2, 2],
    ])
    expect(await nodeOutput(test.engine, test.db, run.id, 1)).toEqual([30, 10, 20])
    expect(await states(test.engine, run.id)).toMatchObject({ each: 'success', 'each[0]': 'success', sum: 'success' })
  })

  it.each([
    ['an empty list', output([]), 'skipped', 'nothing to map over'],
    ['nothing', success, 'skipped', 'nothing to map over'],
    ['no list', output({ a: 1 }), 'failed', 'the output of list is no list, so it cannot be mapped over'],
    ['a text', output('abc'), 'failed', 'the output of list is no list, so it cannot be mapped over'],
  ])('over %s', async (_, outcome, state, reason) => {
    await using test = await engines.open()
    const run = await startRun(test.engine, mapped)
    await work(test.engine, outcomes({ list: outcome }))
    expect(await taskRow(test.engine, run.id, 'each')).toMatchObject({ state, reason })
    expect((await readRun(test.db, run.id)).state).toBe(state === 'failed' ? 'failed' : 'success')
    expect(await inconsistencies(test.db)).toEqual([])
  })

  it('fails when an item fails for good, after all of them have ended', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, { ...mapped, each: { mapOver: 'list', retries: 1 } })
    await work(
      test.engine,
      outcomes({
        list: output([0, 1, 2, 3]),
        each: ({ item, attempt }) => (item === 1 || (item === 2 && attempt === 1) ? failure : success),
      }),
    )
    expect(await states(test.engine, run.id)).toEqual({
      list: 'success',
      each: 'failed',
      'each[0]': 'success',
      'each[1]': 'failed',
      'each[2]': 'success',
      'each[3]': 'success',
      sum: 'upstream_failed',
    })
    expect((await taskRow(test.engine, run.id, 'each')).reason).toBe('1 of 4 items did not succeed')
    expect(await readRun(test.db, run.id)).toMatchObject({ state: 'failed', failed_tasks: 1 })
  })

  it('over a mapped node gets its outputs, null for an item that was skipped', async () => {
    await using test = await engines.open()
    await startRun(test.engine, { list: [], each: { mapOver: 'list' }, again: { mapOver: 'each' } })
    const attempts = await work(
      test.engine,
      outcomes({ list: output([1, 2, 3]), each: ({ item }) => (item === 2 ? skip : output(`n${item}`)) }),
    )
    expect(attempts.filter(({ node }) => node.id === 'again').map(({ item }) => item)).toEqual(['n1', null, 'n3'])
  })

  it('waits for what it is mapped over, whatever its trigger rule', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, {
      quick: [],
      list: ['quick'],
      each: { after: ['quick'], mapOver: 'list', triggerRule: 'one_success' },
      free: { mapOver: 'list', triggerRule: 'always' },
    })
    await work(test.engine, outcomes({ list: output(['x', 'y']) }))
    expect(await states(test.engine, run.id)).toMatchObject({ 'each[1]': 'success', 'free[1]': 'success' })
  })

  it('of 10,000 items ends with all of them', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, mapped)
    const startedAt = performance.now()
    const attempts = await work(test.engine, outcomes({ list: output(Array.from({ length: 10_000 }, (_, i) => i)) }), {
      limit: 500,
    })
    const seconds = (performance.now() - startedAt) / 1000
    expect(new Set(attempts.map(({ taskRunId }) => taskRunId)).size).toBe(10_002)
    expect(await readRun(test.db, run.id)).toMatchObject({ state: 'success', open_tasks: 0 })
    expect(await inconsistencies(test.db)).toEqual([])
    expect(seconds).toBeLessThan(150)
  })

  it('is not made of more items than anybody means', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, mapped)
    await work(test.engine, outcomes({ list: output(new Array(100_001).fill(0)) }))
    expect((await taskRow(test.engine, run.id, 'each')).reason).toContain('gave 100001 items')
  })

  it('fails by name when what it is mapped over was lost from the artifact store', async () => {
    await using test = await engines.open()
    const run = await startRun(test.engine, { list: [], gate: ['list'], each: { after: ['gate'], mapOver: 'list' } })
    await work(test.engine, outcomes({ list: output(['x'.repeat(70_000)]), gate: () => undefined }), {
      limit: 1,
      workerId: '00000000-0000-4000-8000-000000000001',
    })
    await test.engine.artifacts.removeFolder(`runs/${run.id}`)
    const gate = await taskRow(test.engine, run.id, 'gate')
    await completeAttempts(test.engine, null, [{ taskRunId: gate.id, attempt: 1, outcome: success }])
    expect(await taskRow(test.engine, run.id, 'each')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('the output of list is gone'),
    })
  })
})

it('says what a node speaks of that is not there', async () => {
  await using test = await engines.open()
  const manifest = manifestOf({ a: ['missing'] })
  await expect(deployWorkflow(test.engine, manifest)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
})
