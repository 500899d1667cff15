import { expect, it } from 'vitest'
import { differenceRows } from './difference-rows.ts'

const lines = (...numbers: (number | string)[]) => numbers.join('\n')
const one = Array.from({ length: 20 }, (_, index) => index + 1)

it('shows what was added and removed, with lines around it and how many are left out', () => {
  const rows = differenceRows(lines(...one), lines(...one.slice(0, 9), 'ten', ...one.slice(10)))
  expect(rows.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'gap 6 equal lines',
    ...['same 7', 'same 8', 'same 9', 'removed 10', 'added ten', 'same 11', 'same 12', 'same 13'],
    'gap 7 equal lines',
  ])
  expect(rows[4]).toEqual({ kind: 'removed', text: '10', before: 10 })
  expect(rows[5]).toEqual({ kind: 'added', text: 'ten', after: 10 })
})

it('has nothing to say of equal texts', () => {
  expect(differenceRows('a\nb', 'a\nb')).toEqual([])
})

it('shows a text that was empty as added', () => {
  expect(differenceRows('', 'a\nb').filter(({ kind }) => kind === 'added')).toHaveLength(2)
})
