import { expect, it } from 'vitest'
import { parseInstant } from '../index.ts'

it.each([
  ['2026-01-31', 'UTC', '2026-01-31T00:00:00.000Z'],
  ['2026-01-31', 'Europe/Berlin', '2026-01-30T23:00:00.000Z'],
  ['2026-07-31T06:00', 'Europe/Berlin', '2026-07-31T04:00:00.000Z'],
  ['2026-07-31 06:00:01.5', 'America/New_York', '2026-07-31T10:00:01.500Z'],
  ['2026-07-31T06:00Z', 'Europe/Berlin', '2026-07-31T06:00:00.000Z'],
  ['2026-07-31T06:00-0530', 'Europe/Berlin', '2026-07-31T11:30:00.000Z'],
  ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
  ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
])('reads %s in %s', (text, timezone, expected) => {
  expect(parseInstant(text, timezone).toISOString()).toBe(expected)
})

it.each(['', 'yesterday', '2026-02-30', '2026-13-01', '2026-01-31T25:00', '2026-01-31T06:00+99:00', '31.1.2026'])(
  'refuses "%s"',
  (text) => {
    expect(() => parseInstant(text)).toThrow(/is no date\. Write one such as/)
  },
)
