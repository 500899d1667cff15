import { expect, test } from 'vitest'
import { rateLimiter } from './rate-limit.ts'

function limiter(perSecond: number, burst: number) {
  let now = 0
  const { take } = rateLimiter({ perSecond, burst }, () => now)
  return {
    pass: (ms: number) => {
      now += ms
    },
    take: (key: string): number => {
      try {
        take(key)
        return 0
      } catch (error) {
        return Number((error as { headers: Record<string, string> }).headers['retry-after'])
      }
    },
  }
}

test('a burst passes, and after it as many as the rate says', () => {
  const { take, pass } = limiter(2, 3)
  expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 1])
  pass(500)
  expect([take('a'), take('a')]).toEqual([0, 1])
  pass(60_000)
  expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 1])
})

test('callers do not count for each other, and slow rates say how long to wait', () => {
  const { take } = limiter(0.1, 1)
  expect([take('a'), take('b'), take('a')]).toEqual([0, 0, 10])
})

test('being refused costs nothing', () => {
  const { take, pass } = limiter(1, 1)
  take('a')
  for (let i = 0; i < 100; i++) expect(take('a')).toBe(1)
  pass(1000)
  expect(take('a')).toBe(0)
})
