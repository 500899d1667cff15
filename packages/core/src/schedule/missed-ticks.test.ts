import { describe, expect, it } from 'vitest'
import type { Clock } from './clock.ts'
import { missedTicks } from './missed-ticks.ts'
import { parseSchedule } from './schedule.ts'

const daily = parseSchedule({ cron: '30 2 * * *', timezone: 'Europe/Berlin' })

/** A scheduler that stopped after Friday's tick and is back on Monday at noon, with the clocks changed in between. */
const lastTick = new Date('2026-03-27T01:30:00Z')
const clock: Clock = { now: () => new Date('2026-03-30T10:00:00Z') }
const missed = [new Date('2026-03-28T01:30:00Z'), new Date('2026-03-29T01:00:00Z'), new Date('2026-03-30T00:30:00Z')]

describe('after three days down', () => {
  it('none runs nothing', () => {
    expect(missedTicks({ schedule: daily, lastTick, now: clock.now(), policy: 'none', limit: 100 })).toEqual({
      ticks: [],
      dropped: 3,
    })
  })

  it('latest runs the newest', () => {
    expect(missedTicks({ schedule: daily, lastTick, now: clock.now(), policy: 'latest', limit: 100 })).toEqual({
      ticks: missed.slice(-1),
      dropped: 2,
    })
  })

  it('all runs all, oldest first', () => {
    expect(missedTicks({ schedule: daily, lastTick, now: clock.now(), policy: 'all', limit: 100 })).toEqual({
      ticks: missed,
      dropped: 0,
    })
  })

  it('all keeps the newest up to its limit and says how many it dropped', () => {
    expect(missedTicks({ schedule: daily, lastTick, now: clock.now(), policy: 'all', limit: 2 })).toEqual({
      ticks: missed.slice(-2),
      dropped: 1,
    })
  })
})

describe('a scheduler that was never away', () => {
  const tick = new Date('2026-03-30T00:30:00Z')
  const last = new Date('2026-03-29T01:00:00Z')

  it.each(['none', 'latest', 'all'] as const)('runs a tick that just came, with the policy %s', (policy) => {
    for (const lateMs of [0, 900, 60_000]) {
      const now = new Date(tick.getTime() + lateMs)
      expect(missedTicks({ schedule: daily, lastTick: last, now, policy, limit: 1 })).toEqual({
        ticks: [tick],
        dropped: 0,
      })
    }
  })

  it.each(['none', 'latest', 'all'] as const)('runs nothing before its time and nothing twice, with %s', (policy) => {
    const early = new Date(tick.getTime() - 1)
    expect(missedTicks({ schedule: daily, lastTick: last, now: early, policy, limit: 9 }).ticks).toEqual([])
    expect(missedTicks({ schedule: daily, lastTick: tick, now: tick, policy, limit: 9 }).ticks).toEqual([])
  })
})

it('stops counting what it drops after a long time away', () => {
  const schedule = parseSchedule({ cron: '* * * * *' })
  const { ticks, dropped } = missedTicks({
    schedule,
    lastTick: new Date('2020-01-01'),
    now: new Date('2026-01-01'),
    policy: 'all',
    limit: 3,
  })
  expect(ticks.at(-1)).toEqual(new Date('2026-01-01'))
  expect([ticks.length, dropped]).toEqual([3, 10_000])
})
