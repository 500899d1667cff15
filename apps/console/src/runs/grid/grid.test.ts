import { expect, it } from 'vitest'
import { scrolledTo, windowOf } from './cell-window.ts'
import { cellText, type Grid, runText } from './grid-cell-text.ts'
import { moved } from './grid-move.ts'
import { cellPx, headPx, rowPx } from './grid-size.ts'

const size = { rows: 5, columns: 3, page: 2 }
const key = (name: string, isFar = false) => ({ key: name, ctrlKey: isFar, metaKey: false })

it('moves from cell to cell by keys, and stays within the grid', () => {
  expect(moved({ row: 0, column: 2 }, key('ArrowUp'), size)).toEqual({ row: -1, column: 2 })
  expect(moved({ row: -1, column: 2 }, key('ArrowUp'), size)).toEqual({ row: -1, column: 2 })
  expect(moved({ row: 3, column: 2 }, key('PageDown'), size)).toEqual({ row: 4, column: 2 })
  expect(moved({ row: 3, column: 2 }, key('ArrowRight'), size)).toEqual({ row: 3, column: 2 })
  expect(moved({ row: 3, column: 2 }, key('ArrowDown', true), size)).toEqual({ row: 4, column: 2 })
  expect(moved({ row: 3, column: 2 }, key('Home', true), size)).toEqual({ row: -1, column: 0 })
  expect(moved({ row: 3, column: 0 }, key('End'), size)).toEqual({ row: 3, column: 2 })
  expect(moved({ row: 3, column: 0 }, key('x'), size)).toBeUndefined()
})

const big = { rows: 200, columns: 100, labelPx: 240 }
const view = (row: number, column: number) => ({
  ...{ scrollTop: row * rowPx, scrollLeft: column * cellPx },
  ...{ clientHeight: headPx + 10 * rowPx, clientWidth: 240 + 10 * cellPx },
})

it('draws the cells in view and some around them, and draws nothing anew for a few pixels', () => {
  const cells = windowOf(view(50, 32), big, 1)
  expect(cells).toEqual({ fromRow: 40, toRow: 72, fromColumn: 24, toColumn: 56, scale: 1 })
  expect(windowOf(view(51.5, 34.4), big, 1)).toEqual(cells)
  expect(windowOf(view(0, 0), big, 1)).toMatchObject({ fromRow: 0, fromColumn: 0 })
  expect(windowOf(view(190, 90), big, 1)).toMatchObject({ toRow: 200, toColumn: 100 })
  expect(windowOf(view(0, 0), { rows: 2, columns: 1, labelPx: 240 }, 1)).toMatchObject({ toRow: 2, toColumn: 1 })
})

it('scrolls just as far as brings a cell into view', () => {
  const to = (row: number, column: number) => {
    const { scrollTop, scrollLeft } = scrolledTo(view(50, 30), { row, column }, big)
    return [scrollTop / rowPx, scrollLeft / cellPx]
  }
  expect(to(55, 35)).toEqual([50, 30])
  expect(to(60, 40)).toEqual([51, 31])
  expect(to(49, 29)).toEqual([49, 29])
  // The head is always in view.
  expect(to(-1, 30)).toEqual([50, 30])
})

const grid: Grid = {
  nodes: [
    { id: 'load', name: 'load', kind: 'task', depth: 0, mapped: true, current: true },
    { id: 'old', name: 'old', kind: 'task', depth: 1, mapped: false, current: false },
  ],
  runs: [
    {
      ...{ id: '7', version: '2', state: 'failed', trigger: 'manual', key: 'k' },
      ...{ logical_date: '2026-01-02T00:00:00Z', created_at: '2026-01-02T00:00:00Z' },
      ...{ started_at: '2026-01-02T00:00:01Z', ended_at: '2026-01-02T00:01:01Z' },
      ...{ states: ['failed', null], task_runs: [70, null], starts: [1000, null], ends: [3000, null] },
      items: [{ node: 0, total: 9, success: 8, failed: 1, skipped: 0 }],
    },
  ],
}

it('says of a cell what stands in it', () => {
  const [run] = grid.runs
  if (run === undefined) throw new Error('There is no run.')
  expect(cellText(grid, run, 0, 0)).toMatch(/^load in run 7 .*: failed, 2\.0 s, 8 of 9 items succeeded, 1 failed$/)
  expect(cellText(grid, run, 1, 0)).toMatch(/version 2 has no such task$/)
  expect(runText(run, 0)).toMatch(/^Run 7 .*: failed, 1 min$/)
})
