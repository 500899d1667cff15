import { expect, it } from 'vitest'
import { parseLog, tablesIn } from './tables-in-log.ts'

it('finds out how far each table is', () => {
  const line = (text: string, fields: object = {}, level = 'info') =>
    JSON.stringify({ at: 1, level, source: 'log', text, fields })
  const log = [
    line('a goes to x.a in 4 chunks.'),
    line('b goes to x.b in 1 chunks, 5 rows of it from an interrupted load.'),
    line('a: 100 rows so far.', { table: 'a', rows: 100 }),
    line('b: 7 rows in 3 ms, published in x.b.', { table: 'b', rows: 7, manifest: '/m' }),
    line('b goes to x.b in 1 chunks.'),
    line('c goes to x.c in 1 chunks.'),
    line('c: verify.', { table: 'c', phase: 'verify' }, 'debug'),
    line('d: 1 rows so far.', { table: 'd', rows: 1 }),
    line('d: no.', { table: 'd', code: 'X' }, 'error'),
    '{"at":1,"lev',
  ].join('\n')
  expect(tablesIn(parseLog(log))).toEqual([
    { table: 'a', state: 'extract', rows: 100 },
    { table: 'b', state: 'done', rows: 7 },
    { table: 'c', state: 'verify', rows: undefined },
    { table: 'd', state: 'failed', rows: 1 },
  ])
})
