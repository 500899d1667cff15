import { describe, expect, it, test } from 'vitest'
import { parseSchedule } from './schedule.ts'

const ticks = (cron: string, timezone: string, from: string, to: string) =>
  parseSchedule({ cron, timezone })
    .between(new Date(from), new Date(to), 1000)
    .map((tick) => tick.toISOString().replace(':00.000Z', 'Z'))

describe('daily at 02:30 over both changes of a year', () => {
  test.each([
    ['Europe/Berlin', '2026-03-28', ['2026-03-28T01:30Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z']],
    ['Europe/Berlin', '2026-10-24', ['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['America/New_York', '2026-03-07', ['2026-03-07T07:30Z', '2026-03-08T07:00Z', '2026-03-09T06:30Z']],
    ['America/New_York', '2026-10-31', ['2026-10-31T06:30Z', '2026-11-01T07:30Z', '2026-11-02T07:30Z']],
  ])('%s from %s', (timezone, day, expected) => {
    const from = new Date(day)
    expect(ticks('30 2 * * *', timezone, day, new Date(from.getTime() + 3 * 86_400_000).toISOString())).toEqual(
      expected,
    )
  })

  it('comes once a day: 365 times', () => {
    for (const timezone of ['Europe/Berlin', 'America/New_York']) {
      expect(ticks('30 2 * * *', timezone, '2026-01-01T12:00Z', '2027-01-01T12:00Z')).toHaveLength(365)
    }
  })
})

test('a time that New York shows twice fires the first time', () => {
  expect(ticks('30 1 * * *', 'America/New_York', '2026-11-01T00:00Z', '2026-11-02T12:00Z')).toEqual([
    '2026-11-01T05:30Z',
    '2026-11-02T06:30Z',
  ])
})

describe('schedules by the hour and minute keep firing every real hour', () => {
  test.each([
    ['0 * * * *', '2026-03-29', 24],
    ['0 * * * *', '2026-10-25', 24],
    ['0 0-23 * * *', '2026-10-25', 24],
    ['*/15 * * * *', '2026-03-29', 96],
    ['*/15 * * * *', '2026-10-25', 96],
  ])('%s on %s', (cron, day, count) => {
    const found = ticks(cron, 'Europe/Berlin', `${day}T00:00Z`, `${day}T23:59Z`)
    expect(found).toHaveLength(count)
    const gaps = found.slice(1).map((tick, index) => Date.parse(tick) - Date.parse(found[index] ?? ''))
    expect(new Set(gaps).size).toBe(1)
  })

  it('adds no tick in spring for an hour that is missing', () => {
    expect(ticks('30 * * * *', 'Europe/Berlin', '2026-03-29T00:00Z', '2026-03-29T03:00Z')).toEqual([
      '2026-03-29T00:30Z',
      '2026-03-29T01:30Z',
      '2026-03-29T02:30Z',
    ])
  })
})

test('minutes of a named hour are made up for once in spring and come both times in autumn', () => {
  expect(ticks('*/15 2 * * *', 'Europe/Berlin', '2026-03-29T00:00Z', '2026-03-29T12:00Z')).toEqual([
    '2026-03-29T01:00Z',
  ])
  expect(ticks('*/30 2 * * *', 'Europe/Berlin', '2026-10-25T00:00Z', '2026-10-25T12:00Z')).toEqual([
    '2026-10-25T00:00Z',
    '2026-10-25T00:30Z',
    '2026-10-25T01:00Z',
    '2026-10-25T01:30Z',
  ])
  expect(ticks('30 2-3 * * *', 'Europe/Berlin', '2026-03-29T00:00Z', '2026-03-29T12:00Z')).toEqual([
    '2026-03-29T01:00Z',
    '2026-03-29T01:30Z',
  ])
})

describe('gaps at midnight', () => {
  test.each([
    ['0 0 * * *', 'Africa/Cairo', '2026-04-24', ['2026-04-23T22:00Z', '2026-04-24T21:00Z']],
    ['30 0 * * *', 'Asia/Beirut', '2026-03-29', ['2026-03-28T22:00Z', '2026-03-29T21:30Z']],
    // Nuuk goes from 23:00 to 00:00 of the next day.
    ['30 23 * * *', 'America/Nuuk', '2026-03-29', ['2026-03-29T01:00Z', '2026-03-30T00:30Z']],
    // Samoa left out the whole of 30 December 2011.
    ['0 12 * * *', 'Pacific/Apia', '2011-12-31', ['2011-12-30T10:00Z', '2011-12-30T22:00Z']],
  ])('%s in %s', (cron, timezone, day, expected) => {
    const schedule = parseSchedule({ cron, timezone })
    const first = schedule.next(new Date(Date.parse(day) - 16 * 3_600_000))
    const second = first && schedule.next(first)
    expect([first, second]).toEqual(expected.map((tick) => new Date(tick)))
  })
})

test.each([
  ['Asia/Kolkata', '2026-05-31T18:30Z'],
  ['Asia/Kathmandu', '2026-05-31T18:15Z'],
  ['Australia/Eucla', '2026-05-31T15:15Z'],
  ['Pacific/Chatham', '2026-05-31T11:15Z'],
])('midnight in %s, which is not a whole hour from UTC', (timezone, expected) => {
  expect(ticks('0 0 1 6 *', timezone, '2026-01-01', '2027-01-01')).toEqual([expected])
})

test('a change of half an hour', () => {
  // Lord Howe goes from 02:00 to 02:30.
  expect(ticks('*/15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T12:00Z', '2026-10-04T12:00Z')).toEqual([
    '2026-10-03T15:30Z',
    '2026-10-03T15:45Z',
  ])
})

test('leap days', () => {
  expect(ticks('0 0 29 2 *', 'UTC', '2023-01-01', '2033-01-01')).toEqual([
    '2024-02-29T00:00Z',
    '2028-02-29T00:00Z',
    '2032-02-29T00:00Z',
  ])
  const leap = parseSchedule({ cron: '0 0 29 2 *' })
  expect(leap.previous(new Date('2028-02-29T00:00Z'))).toEqual(new Date('2024-02-29T00:00Z'))
  expect(leap.next(new Date('2096-03-01'))).toEqual(new Date('2104-02-29'))
})

test('ticks across years, last days and weekdays', () => {
  expect(ticks('0 0 * * *', 'Europe/Berlin', '2025-12-30T23:00Z', '2026-01-02')).toEqual([
    '2025-12-30T23:00Z',
    '2025-12-31T23:00Z',
    '2026-01-01T23:00Z',
  ])
  expect(ticks('0 6 L * *', 'UTC', '2024-02-01', '2024-04-01')).toEqual(['2024-02-29T06:00Z', '2024-03-31T06:00Z'])
  expect(ticks('0 6 * * MON#1', 'UTC', '2026-01-01', '2026-03-01')).toEqual(['2026-01-05T06:00Z', '2026-02-02T06:00Z'])
  expect(ticks('0 0 13 * FRI', 'UTC', '2026-02-10', '2026-02-21')).toEqual(['2026-02-13T00:00Z', '2026-02-20T00:00Z'])
})

describe('over years in zones of every kind', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'America/Nuuk',
    'Africa/Casablanca',
    'Australia/Lord_Howe',
    'Antarctica/Troll',
  ]
  const formatIn = (timeZone: string) => {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' })
    return (instant: number) => format.format(instant).split(':').map(Number)
  }
  test.each(zones)(
    '%s: a wild schedule has every instant at which the clock shows its time, and no other',
    (timezone) => {
      const show = formatIn(timezone)
      const from = Date.parse('2026-01-01')
      const expected: number[] = []
      for (let instant = from; instant < from + 366 * 86_400_000; instant += 1_800_000) {
        const [hour = 0, minute = 0] = show(instant)
        if (hour % 3 === 2 && minute % 30 === 0) expected.push(instant)
      }
      const schedule = parseSchedule({ cron: '*/30 2-23/3 * * *', timezone })
      expect(schedule.between(new Date(from), new Date(from + 366 * 86_400_000), 9999).map(Number)).toEqual(expected)
    },
  )

  test.each(zones)('%s: the way back is the way there', (timezone) => {
    for (const cron of ['30 2 * * *', '*/20 1-3 * * *', '0 */2 * * *', '15,45 23,0 * * *', '0 1 * * SUN']) {
      const schedule = parseSchedule({ cron, timezone })
      const there = schedule.between(new Date('2026-01-01'), new Date('2027-01-01'), 99_999)
      const back: Date[] = []
      for (let tick = schedule.previous(new Date('2027-01-01')); tick && tick >= new Date('2026-01-01'); ) {
        back.unshift(tick)
        tick = schedule.previous(tick)
      }
      expect(back).toEqual(there)
      expect(there.every((tick, index) => index === 0 || tick > (there[index - 1] ?? tick))).toBe(true)
    }
  })
})

describe('aliases and data intervals', () => {
  test.each([
    ['@hourly', '2024-05-01T13:00Z'],
    ['@daily', '2024-05-02T00:00Z'],
    ['@weekly', '2024-05-05T00:00Z'],
    ['@monthly', '2024-06-01T00:00Z'],
    ['@yearly', '2025-01-01T00:00Z'],
  ])('%s', (cron, expected) => {
    expect(parseSchedule({ cron }).next(new Date('2024-05-01T12:30Z'))).toEqual(new Date(expected))
  })

  test('R1: @daily at 2024-01-02T00:00 starts its interval at 2024-01-01, @once has no start', () => {
    const fireTime = new Date('2024-01-02T00:00:00Z')
    expect(parseSchedule({ cron: '@daily' }).dataInterval(fireTime)).toEqual({
      start: new Date('2024-01-01T00:00:00Z'),
      end: fireTime,
    })
    const once = parseSchedule({ cron: '@once' })
    expect(once.dataInterval(fireTime)).toEqual({ start: null, end: fireTime })
    expect([once.next(fireTime), once.previous(fireTime), once.between(fireTime, new Date(), 9)]).toEqual([
      null,
      null,
      [],
    ])
  })

  test('a run between ticks starts its interval at the last tick', () => {
    expect(parseSchedule({ cron: '@daily' }).dataInterval(new Date('2024-01-02T09:00:00Z')).start).toEqual(
      new Date('2024-01-02T00:00:00Z'),
    )
  })
})

test.each([
  ['', 'has one field instead of five'],
  ['* * * *', 'has 4 fields instead of five'],
  ['0 0 2 * * *', 'has 6 fields instead of five'],
  ['60 * * * *', 'has "60" as its minute, which takes 0 to 59.'],
  ['0 24 * * *', 'has "24" as its hour, which takes 0 to 23.'],
  ['0 0 0 * *', 'has "0" as its day of the month'],
  ['0 0 * FOO *', 'has "FOO" as its month, which takes 1 to 12 or JAN to DEC.'],
  ['0 0 * * 8', 'has "8" as its day of the week'],
  ['5/15 * * * *', 'Write a step as */15, or with a range as in 10-50/15.'],
  ['0 0 30 2 *', 'names a day that no year has'],
  ['@dayly', 'Did you mean @daily?'],
  ['@reboot', 'There are @once, @hourly, @daily, @weekly, @monthly, @yearly.'],
])('the schedule "%s" is refused with what is wrong and an example', (cron, problem) => {
  expect(() => parseSchedule({ cron })).toThrow(
    expect.objectContaining({ code: 'SCHEDULE_INVALID', message: expect.stringContaining(problem) }),
  )
  expect(() => parseSchedule({ cron })).toThrow('five fields such as "30 2 * * *"')
})

test('an unknown time zone is refused with the nearest one', () => {
  expect(() => parseSchedule({ cron: '@daily', timezone: 'Europe/Berlln' })).toThrow(
    expect.objectContaining({
      code: 'TIMEZONE_UNKNOWN',
      message: 'There is no time zone "Europe/Berlln". Did you mean Europe/Berlin?',
    }),
  )
})
