import { describe, expect, test } from 'vitest'
import { formatTableName, matchesPattern, parseTableName, parseTablePattern } from './table-name.ts'

describe('table names', () => {
  test.each([
    ['orders', [], 'orders'],
    ['public.orders', ['public'], 'orders'],
    ['public."My.Table"', ['public'], 'My.Table'],
    ['"a ""b"""."ü *"', ['a "b"'], 'ü *'],
    ['db.s.t', ['db', 's'], 't'],
  ])('%s is read and written back', (text, scope, name) => {
    expect(parseTableName(text)).toEqual({ scope, name })
    expect(formatTableName({ scope, name })).toBe(text)
  })

  test.each(['', 'a.', '.a', '"a', '"a"b', 'a..b'])('%j is refused', (text) => {
    expect(() => parseTableName(text)).toThrow(expect.objectContaining({ code: 'INVALID_TABLE_NAME' }))
  })

  test.each([
    ['order_*', { scope: ['s'], name: 'order_1' }, true],
    ['order_?', { scope: ['s'], name: 'order_12' }, false],
    ['s.*', { scope: ['s'], name: 'a.b' }, true],
    ['s*.x', { scope: ['sales'], name: 'x' }, true],
    ['"*"', { scope: ['s'], name: 'x' }, false],
    ['"*"', { scope: ['s'], name: '*' }, true],
    ['a+(b)*', { scope: ['s'], name: 'a+(b)c' }, true],
  ])('%s against %j is %s', (pattern, table, matches) => {
    expect(matchesPattern(parseTablePattern(pattern), table)).toBe(matches)
  })
})
