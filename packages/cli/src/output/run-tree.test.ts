import type { RunEvent } from '@millrace/workflow'
import { expect, it } from 'vitest'
import type { ShownNode } from './run-model.ts'
import { createRunTree, type RunView } from './run-tree.ts'
import { type FakeTerminal, fakeTerminal } from './terminal.test.fixture.ts'

const node = (id: string, upstreams: readonly string[] = [], group: string | null = null): ShownNode => ({
  ...{ id, upstreams, group },
  kind: 'task',
})
const nodes = [
  node('extract'),
  node('load.orders', ['extract'], 'load'),
  node('load.items', ['extract'], 'load'),
  { ...node('loaded', ['load.orders', 'load.items']), kind: 'spacer' as const },
  node('report', ['loaded']),
]
const groups = [{ id: 'load', title: null, parent: null }]

type Happened = RunEvent extends infer E ? (E extends unknown ? Omit<E, 'runId' | 'at'> : never) : never

/** A tree on a terminal with a clock that is set by hand. */
function show(terminal: FakeTerminal, shown = nodes, environment: Record<string, string> = { NO_COLOR: '1' }) {
  let nowMs = Date.UTC(2026, 0, 31)
  const view = createRunTree({
    ...{ stream: terminal, title: 'shop_daily 1.0.0', nodes: shown, groups, environment, now: () => nowMs },
    mask: (text) => text.replaceAll('s3cret', '***'),
  })
  const happen = (afterMs: number, ...events: Happened[]) => {
    nowMs += afterMs
    for (const event of events) view.onEvent({ ...event, runId: 'r', at: new Date(nowMs) } as RunEvent)
  }
  return { view, happen }
}

const task = (id: string, state: Extract<RunEvent, { kind: 'task' }>['state'], more: object = {}): Happened =>
  ({ kind: 'task', node: id, mapIndex: null, state, attempt: 1, ...more }) as Happened
const log = (id: string, text: string): Happened => ({
  ...{ kind: 'log', node: id, mapIndex: null, attempt: 1 },
  entry: { at: 0, level: 'info', source: 'log', text },
})
const begin: Happened = { kind: 'run', workflow: 'shop_daily', state: 'running' }
const end = (view: RunView) => view[Symbol.dispose]()

it('draws nodes below their groups, with what they wait for, and the last line of what runs', () => {
  const terminal = fakeTerminal()
  const { view, happen } = show(terminal)
  happen(0, begin, task('extract', 'running'))
  happen(1000, task('extract', 'success'), task('load.orders', 'running'), log('load.orders', 'reading\norders s3cret'))
  happen(2000, {
    ...{ kind: 'progress', node: 'load.orders', mapIndex: null, attempt: 1 },
    progress: { done: 25_000, total: 100_000, unit: 'rows' },
  })
  expect(terminal.lines()).toEqual([
    'shop_daily 1.0.0  3.00 s  1 succeeded, 1 running, 2 waiting',
    '✓ extract   1.00 s',
    'load',
    '  ⠋ orders  ███░░░░░░░░░  25%  2.00 s  25.0k/100k rows  12.5k rows/s  ← extract',
    '    │ orders ***',
    '  ○ items   ← extract',
    '┄ loaded    ← load.orders, load.items',
    '○ report    ← loaded',
  ])
  end(view)
})

it('shows retries, failures, skips and items, and leaves the last picture in place', () => {
  const terminal = fakeTerminal()
  const { view, happen } = show(terminal)
  const failure = { reason: 'error', code: 'TASK_FAILED', message: 'No disk.\nReally.' }
  happen(0, begin, task('extract', 'running'))
  happen(
    500,
    task('extract', 'ready', { failure, reason: 'retry 1 of 2', nextAt: new Date(Date.UTC(2026, 0, 31, 0, 0, 9)) }),
  )
  expect(terminal.lines()[1]).toBe('◔ extract   0.50 s  again in 9 s (retry 1 of 2) No disk.')
  happen(100, task('extract', 'running', { attempt: 2 }))
  happen(400, task('extract', 'failed', { attempt: 2, failure }))
  happen(0, task('load.orders', 'expanded'))
  for (let mapIndex = 0; mapIndex < 4; mapIndex++) happen(0, task('load.orders', 'ready', { mapIndex }))
  happen(100, task('load.orders', 'success', { mapIndex: 0 }), task('load.orders', 'running', { mapIndex: 1 }))
  happen(100, task('load.items', 'skipped', { reason: 'nothing new' }))
  expect(terminal.lines().slice(1)).toEqual([
    '✗ extract   1.00 s  2 attempts  No disk.',
    'load',
    '  ⠹ orders  ███░░░░░░░░░  25%  0.20 s  1/4  1 running, 2 ready  ← extract',
    '  – items   nothing new  ← extract',
    '┄ loaded    ← load.orders, load.items',
    '○ report    ← loaded',
  ])
  happen(100, task('load.orders', 'cancelled'), task('report', 'upstream_failed', { reason: 'loaded did not succeed' }))
  end(view)
  terminal.write('Run failed.\n')
  expect(terminal.lines().at(-2)).toBe('⊘ report    loaded did not succeed  ← loaded')
  expect(terminal.lines()).toHaveLength(8)
})

it('keeps a graph within the terminal, and what has ended above it', () => {
  const terminal = fakeTerminal(60, 10)
  const many = Array.from({ length: 40 }, (_, at) => node(`task-${at}`, at === 0 ? [] : [`task-${at - 1}`]))
  const { view, happen } = show(terminal, many)
  happen(0, begin)
  for (let at = 0; at < 20; at++) happen(100, task(`task-${at}`, 'running'), task(`task-${at}`, 'success'))
  happen(100, task('task-20', 'running'))
  const lines = terminal.lines()
  expect(lines.slice(0, 3).map((line) => line.slice(0, 9))).toEqual(['✓ task-0 ', '✓ task-1 ', '✓ task-2 '])
  expect(lines.slice(20, 22)).toEqual([
    `${'shop_daily 1.0.0  2.10 s  20 succeeded, 1 running, 19 waiting'.slice(0, 59)}…`,
    expect.stringContaining('task-20'),
  ])
  expect(lines.length - 20).toBeLessThan(10)
  expect(lines.at(-1)).toMatch(/^… and \d+ more$/)
  end(view)
})

it('never writes a line that is wider than the terminal, and finds its place again when that has become narrower', () => {
  const terminal = fakeTerminal(80, 30)
  const { view, happen } = show(terminal)
  happen(0, begin, task('extract', 'running'), log('extract', 'x'.repeat(300)))
  happen(100, log('extract', 'y'.repeat(300)))
  expect(Math.max(...terminal.lines().map((line) => [...line].length))).toBeLessThanOrEqual(80)
  terminal.columns = 40
  const before = terminal.written.length
  happen(100, log('extract', 'z'.repeat(300)))
  // The line of 80 takes two rows now.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it moves the cursor
  const rowsUp = Number(/\u001b\[(\d+)A/.exec(terminal.written.slice(before))?.[1])
  expect(rowsUp).toBeGreaterThan(8)
  end(view)
})

it('writes lines that stay above what is drawn, and is not confused by others', () => {
  const terminal = fakeTerminal()
  const { view, happen } = show(terminal)
  happen(0, begin, task('extract', 'running'))
  view.line('warning: one \u001b[31m')
  terminal.write('\nStopping.\n')
  view.interrupted?.(2)
  expect(terminal.lines().slice(0, 2)).toEqual(['warning: one \ufffd[31m', expect.stringContaining('shop_daily')])
  expect(terminal.lines()).not.toContain('Stopping.')
  end(view)
})

it('has colours, unless NO_COLOR is set', () => {
  const [plain, colourful] = [fakeTerminal(), fakeTerminal()]
  for (const [terminal, environment] of [
    [plain, { NO_COLOR: '1' }],
    [colourful, {}],
  ] as const) {
    const { view, happen } = show(terminal, nodes, environment)
    happen(0, begin, task('extract', 'success'))
    end(view)
  }
  expect(plain.written).not.toContain('\u001b[32m')
  expect(colourful.written).toContain('\u001b[32m✓ \u001b[0m')
})
