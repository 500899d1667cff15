import { stripVTControlCharacters } from 'node:util'
import type { Manifest, TransferEvent } from '@millrace/connectors'
import { describe, expect, it } from 'vitest'
import { createProgressView, type ProgressStream } from './progress.ts'

const started = (table: string, estimatedRows: number | null = 1000): TransferEvent => ({
  type: 'table-started',
  table,
  target: 'x.csv',
  chunks: 4,
  resumedChunks: 0,
  resumedRows: 0,
  estimatedRows,
})
const progress = (table: string, rows: number): TransferEvent => ({
  type: 'progress',
  table,
  rows,
  bytes: rows * 100,
  chunksDone: 0,
})
const finished = (table: string): TransferEvent => ({
  type: 'table-finished',
  table,
  target: 'x.csv',
  rows: 1_000_000,
  bytes: 100_000_000,
  durationMs: 2000,
  manifestPath: 'm.json',
  manifest: {
    mode: 'replace',
    result: { inserted: 1_000_000, updated: 0, skipped: 0 },
    drift: { changes: [], discarded: [], missing: [] },
    proof: { level: 'content', excludedColumns: [{ column: 'price', reasons: ['decimal-nan'] }] },
    losses: [{ column: 'price', reason: 'decimal-nan', outcome: 'nulled', count: 3 }],
  } as unknown as Manifest,
})
const finishedText =
  'orders → x.csv: 1,000,000 rows in 2.00 s, 500k rows/s, 50.0 MB/s; content verified without price; losses: 3 stored as NULL in price (decimal-nan); manifest m.json\n'

function view(stream: Partial<ProgressStream>, environment: Record<string, string> = {}) {
  const written: string[] = []
  let time = 0
  const created = createProgressView({
    stream: { write: (text) => written.push(text), ...stream },
    environment,
    now: () => time,
    mask: (text) => text.replaceAll('secret', '***'),
  })
  return {
    written,
    tell: (event: TransferEvent, at: number) => {
      time = at
      written.length = 0
      created.onEvent(event)
      return written.join('')
    },
    [Symbol.dispose]: () => created[Symbol.dispose](),
  }
}

describe('progress in a pipe or on a dumb terminal', () => {
  it.each([{ isTTY: false }, { isTTY: true }])('is a line every five seconds (%o)', (stream) => {
    using shown = view(stream, { TERM: 'dumb' })
    expect(shown.tell(started('orders'), 0)).toBe('')
    expect(shown.tell(progress('orders', 100), 1000)).toBe('')
    expect(shown.tell(progress('orders', 500), 5000)).toBe(
      'orders: 500 rows (about 50%), 100 rows/s, 10.0 kB/s, about 0:05 left\n',
    )
    expect(shown.tell(progress('orders', 600), 5100)).toBe('')
    expect(shown.tell(finished('orders'), 10_000)).toBe(finishedText)
  })
})

describe('progress on a terminal', () => {
  it('is a bar for each table, drawn over the last one, below lines that stay', () => {
    using shown = view({ isTTY: true, columns: 100, rows: 24 }, { NO_COLOR: '1' })
    shown.tell(started('orders'), 0)
    const drawn = shown.tell(progress('orders', 500), 5000)
    expect(drawn.startsWith('\u001b[1A\r\u001b[J')).toBe(true)
    expect(stripVTControlCharacters(drawn).trim()).toMatch(
      /^orders {2,}█{16,20}░{16,20} {2}50% {2}500 rows {2}100 rows\/s {2}10\.0 kB\/s {2}ETA 0:05$/,
    )
    expect(shown.tell(progress('orders', 501), 5050)).toBe('')
    const two = shown.tell(started('items', null), 6000)
    expect(stripVTControlCharacters(two).trim().split('\n')).toHaveLength(2)
    expect(stripVTControlCharacters(shown.tell({ type: 'phase', table: 'orders', phase: 'verify' }, 6100))).toContain(
      'verifying',
    )
    const done = shown.tell(finished('orders'), 7000)
    expect(done.startsWith('\u001b[2A\r\u001b[J')).toBe(true)
    expect(stripVTControlCharacters(done)).toContain(finishedText)
  })

  it('follows the width and the height of the terminal', () => {
    const size = { isTTY: true, columns: 60, rows: 4 }
    using shown = view(size, { NO_COLOR: '1' })
    for (const name of ['a', 'b', 'c', 'd']) shown.tell(started(name), 0)
    const lines = stripVTControlCharacters(shown.tell(progress('a', 1), 1000))
      .trim()
      .split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[2]).toContain('… and 2 more')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60)
  })

  it('never lets names of tables or secrets through', () => {
    using shown = view({ isTTY: true, columns: 80 }, { NO_COLOR: '1' })
    expect(shown.tell(started('evil\u001b[2Jsecret'), 0)).not.toMatch(/\[2J.*secret|secret/)
    expect(shown.tell({ type: 'warning', table: null, code: 'X', message: 'a secret\n\u001b]0;title' }, 10)).toContain(
      'warning: a ***\ufffd\ufffd]0;title\n',
    )
  })
})
