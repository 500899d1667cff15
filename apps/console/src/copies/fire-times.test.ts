import { expect, it } from 'vitest'
import { fireTimes } from './fire-times.ts'

it('tells when a schedule fires next, in its zone, or what is wrong with it', () => {
  const times = fireTimes('0 6 * * *', 'Europe/Berlin', 10)
  expect(times).toHaveLength(10)
  const hours = (times as Date[]).map((at) =>
    new Intl.DateTimeFormat('en-GB', { hour: '2-digit', timeZone: 'Europe/Berlin' }).format(at),
  )
  expect(new Set(hours)).toEqual(new Set(['06']))
  expect(fireTimes('@daily', 'UTC', 2)).toHaveLength(2)
  expect(fireTimes('0 6 * *', 'UTC', 2)).toMatch(/five parts/)
  expect(fireTimes('61 6 * * *', 'UTC', 2)).toMatch(/is not a cron expression/)
  expect(fireTimes('', 'UTC', 2)).toMatch(/Give a cron expression/)
})
