import { describe, expect, it } from 'vitest'
import type { PipelineState } from '../states.ts'
import { type Board, boardOf, graphOrders, movedBy, placed, removed, toggledBeside, withVariables } from './board.ts'
import { changedBy } from './changed-by.ts'
import { draftOf, type Edited, isSame, rebased } from './edited.ts'
import { done, historyOf, redone, undone } from './history.ts'
import { drawGraph } from './pipeline-graph.ts'
import { placeProblems } from './problems.ts'

const any = () => null

function saved(id: string, state: PipelineState, graph_order = 0) {
  return { id, state, graph_order, template_id: `t-${id}`, template: id, variables: { table: id }, last_actor: 'ada' }
}

/** `raw: a|b c` has a and b side by side, and c after them. */
function text(board: Board): string {
  const states = [...new Set(board.map(({ state }) => state))]
  return states
    .map((state) => {
      const cards = board.filter((card) => card.state === state)
      return `${state}: ${cards.map(({ key, isBeside }, at) => `${at === 0 ? '' : isBeside ? '|' : ' '}${key}`).join('')}`
    })
    .join(', ')
}

const board = boardOf([saved('c', 'raw', 5), saved('b', 'raw', 1), saved('a', 'raw', 1), saved('m', 'master')])

describe('a board', () => {
  it('shows transformations by state and order, equal orders side by side', () => {
    expect(text(board)).toBe('raw: a|b c, master: m')
  })

  it('keeps orders as they were read as long as they say what the board says', () => {
    expect(Object.fromEntries(graphOrders(board))).toEqual({ a: 1, b: 1, c: 5, m: 0 })
    const turned = movedBy(movedBy(board, 'c', 'up', any), 'c', 'up', any)
    expect(text(turned)).toBe('raw: c a|b, master: m')
    const orders = graphOrders(turned)
    expect(orders.get('a')).toBe(orders.get('b'))
    expect(orders.get('c')).toBeLessThan(orders.get('a') ?? 0)
  })

  it('moves a card step by step: into a group, out of it, to the next state and not past the ends', () => {
    expect(text(movedBy(board, 'c', 'up', any))).toBe('raw: a|c|b, master: m')
    expect(text(movedBy(board, 'a', 'down', any))).toBe('raw: b a c, master: m')
    expect(movedBy(board, 'a', 'up', any)).toBe(board)
    expect(movedBy(board, 'c', 'down', any)).toBe(board)
    expect(text(movedBy(board, 'c', 'right', any))).toBe('raw: a|b, ingest: c, master: m')
    expect(movedBy(board, 'a', 'left', any)).toBe(board)
    expect(movedBy(board, 'a', 'right', () => 'raw')).toBe(board)
  })

  it('leaves a group with a head when its first card goes', () => {
    expect(text(removed(board, 'a'))).toBe('raw: b c, master: m')
    const [card] = board
    if (card === undefined) throw new Error('no card')
    expect(text(placed(board, card, 'metrics', 9))).toBe('raw: b c, master: m, metrics: a')
  })

  it('joins a card with the one before it, and parts them', () => {
    const joined = toggledBeside(board, 'c')
    expect(text(joined)).toBe('raw: a|b|c, master: m')
    expect(new Set(['a', 'b', 'c'].map((key) => graphOrders(joined).get(key))).size).toBe(1)
    expect(text(toggledBeside(joined, 'b'))).toBe('raw: a b|c, master: m')
    expect(toggledBeside(board, 'm')).toBe(board)
  })
})

describe('undo', () => {
  it('takes steps back and does them again, what was typed into one form at once', () => {
    let history = historyOf('a')
    history = done(history, 'b')
    history = done(history, 'c', 'form')
    history = done(history, 'd', 'form')
    expect(undone(history).present).toBe('b')
    expect(redone(undone(history)).present).toBe('d')
    expect(undone(undone(undone(history))).present).toBe('a')
    expect(redone(done(undone(history), 'e')).present).toBe('e')
  })
})

const settings = { name: 'daily', description: null, brand_id: 'b', pipeline_type_id: 't', run_frequency: 'daily' }
const edited = (of: Board, changes: Partial<Edited['settings']> = {}): Edited => ({
  settings: { ...settings, ...changes },
  board: of,
})

describe('what is saved', () => {
  it('is the same when a step was undone by hand', () => {
    const there = movedBy(board, 'm', 'right', any)
    expect(isSame(edited(there), edited(board))).toBe(false)
    expect(isSame(edited(movedBy(there, 'm', 'left', any)), edited(board))).toBe(true)
    expect(draftOf(edited(board), true).transformations.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'm'])
  })

  it('keeps what both changed, where somebody else saved in between', () => {
    const mine = edited(withVariables(removed(board, 'b'), 'a', { table: 'mine' }), { run_frequency: 'hourly' })
    const theirs = edited(
      boardOf([saved('n', 'enrich'), saved('a', 'raw', 1), saved('b', 'raw', 1), saved('m', 'metrics')]),
      { description: 'Theirs' },
    )
    const both = rebased(edited(board), mine, theirs)
    expect(both.settings).toMatchObject({ run_frequency: 'hourly', description: 'Theirs' })
    expect(text(both.board)).toBe('raw: a, enrich: n, metrics: m')
    expect(both.board[0]?.variables).toEqual({ table: 'mine' })
  })

  it('tells whose changes these are', () => {
    const row = {
      ...settings,
      id: 'p',
      etag: '1',
      updated_at: '1',
      last_actor: 'root',
      transformations: [saved('a', 'raw')],
    }
    const before = row as unknown as Parameters<typeof changedBy>[0]
    const after = { ...before, etag: '2', updated_at: '2' }
    expect(changedBy(before, after)).toEqual([])
    const part = { ...saved('a', 'raw', 3), last_actor: 'bob' }
    expect(changedBy(before, { ...after, transformations: [part] })).toEqual(['bob'])
    expect(changedBy(before, { ...after, name: 'other', last_actor: 'eve', transformations: [part] })).toEqual([
      'eve',
      'bob',
    ])
  })

  it('adds again what I changed and they removed', () => {
    const mine = edited(withVariables(board, 'c', { table: 'mine' }))
    const theirs = edited(removed(board, 'c'))
    const both = rebased(edited(board), mine, theirs)
    expect(both.board.find(({ key }) => key === 'c')).toMatchObject({ variables: { table: 'mine' } })
    expect(draftOf(both, true).transformations.filter(({ id }) => id === undefined)).toHaveLength(1)
  })
})

it('problems lead to the card, the variable or the setting', () => {
  const problem = (place: string) => ({ place, code: 'X', message: place })
  expect(
    placeProblems(
      [problem('transformations.2.variables.table'), problem('transformations.m'), problem('run_frequency')],
      board,
    ),
  ).toMatchObject([{ card: 'c', variable: 'table' }, { card: 'm' }, { setting: 'run_frequency' }])
})

it('a graph marks what is new, changed and gone', () => {
  const node = (id: string, transformation_id: string | null, upstreams: string[] = []) => ({
    ...{ id, transformation_id, upstreams, kind: 'task' as const, operator: 'sql' },
    ...{ state: transformation_id === null ? null : ('raw' as const), job_name: null },
  })
  const before = { nodes: [node('run_event', null), node('a', 'a', ['run_event']), node('b', 'b', ['a'])] }
  const after = { nodes: [node('run_event', null), node('a', 'a', ['run_event']), node('new', 'new-1', ['a'])] }
  const changes = [
    { action: 'change', kind: 'transformation', transformation_id: 'a', fields: [], before: {}, after: {}, text: '' },
  ] as const
  const drawn = drawGraph(after, ({ id }) => id, {
    graph: before,
    changes: changes.map((one) => ({ ...one, fields: [] })),
  })
  expect(drawn.nodes.map(({ id, mark }) => [id, mark])).toEqual([
    ['run_event', undefined],
    ['a', 'changed'],
    ['new', 'added'],
    ['b', 'removed'],
  ])
  expect(drawn.groups).toEqual([{ id: 'raw', title: 'raw' }])
})

it('a graph with one more step does not mark the spacers after it', () => {
  const spacer = (state: PipelineState, place: number) => ({
    ...{ id: `${state}_group_step_${place}`, kind: 'spacer' as const, upstreams: [], state },
    ...{ operator: null, transformation_id: null, job_name: null },
  })
  const drawn = drawGraph({ nodes: [spacer('raw', 0), spacer('raw', 1), spacer('master', 2)] }, ({ id }) => id, {
    graph: { nodes: [spacer('raw', 0), spacer('master', 1)] },
    changes: [],
  })
  expect(drawn.nodes.map(({ mark }) => mark)).toEqual([undefined, 'added', undefined])
})
