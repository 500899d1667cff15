import { expect, it } from 'vitest'
import { cellText, type Grid, runText } from './grid-cell-text.ts'
import { moved } from './grid-move.ts'

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
