import { expect, it } from 'vitest'
import { cronWords } from '../ui/cron-words.ts'
import { dayRange } from './day-range.ts'
import { fireTimes } from './fire-times.ts'

it.each([
  ['0 6 * * *', 'Every day at 06:00'],
  ['*/15 * * * *', 'Every 15 minutes'],
  ['30 2 * * MON#1', 'At 02:30, on the first Monday of the month'],
  ['0 0 L * *', 'At 00:00, on the last day of the month'],
  ['@daily', 'Every day at 00:00'],
  ['nonsense', 'nonsense'],
])('says %s in words', (cron, words) => {
  expect(cronWords(cron)).toBe(words)
})

it('shows the same wall time on both sides of a change of clocks, and marks it', () => {
  const ticks = ['2026-10-23T04:00:00Z', '2026-10-24T04:00:00Z', '2026-10-25T05:00:00Z', '2026-10-26T05:00:00Z']
  const times = fireTimes(ticks, 'Europe/Berlin', 'America/New_York', new Date('2026-10-23T00:00:00Z'))
  expect(times.map(({ there }) => there)).toEqual([
    'Fri 2026-10-23 06:00 +02:00',
    'Sat 2026-10-24 06:00 +02:00',
    'Sun 2026-10-25 06:00 +01:00',
    'Mon 2026-10-26 06:00 +01:00',
  ])
  expect(times.map(({ here }) => here).at(-1)).toBe('Mon 2026-10-26 01:00 -04:00')
  expect(times.map(({ change }) => change)).toEqual([undefined, undefined, '+02:00 to +01:00', undefined])
})

it('marks that clocks change before the first tick', () => {
  const [first] = fireTimes(['2026-11-01T06:00:00Z'], 'Europe/Berlin', 'UTC', new Date('2026-10-20T00:00:00Z'))
  expect(first).toMatchObject({ here: 'Sun 2026-11-01 06:00 +00:00', change: '+02:00 to +01:00' })
})

it('takes days as they begin and end where the schedule is', () => {
  expect(dayRange('2026-10-24', '2026-10-25', 'Europe/Berlin')).toEqual({
    start: '2026-10-23T22:00:00.000Z',
    end: '2026-10-25T23:00:00.000Z',
  })
  expect(dayRange('2026-03-29', '2026-03-29', 'UTC')).toEqual({
    start: '2026-03-29T00:00:00.000Z',
    end: '2026-03-30T00:00:00.000Z',
  })
})
