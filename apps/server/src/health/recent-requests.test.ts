import { expect, test } from 'vitest'
import { recentRequests } from './recent-requests.ts'

test('requests count for five minutes, and failures of the server among them', () => {
  let now = 1_000_000
  const recent = recentRequests(() => now)
  for (const status of [200, 404, 503]) recent.note({ status })
  expect(recent.read()).toEqual({ seconds: 0, count: 3, serverErrors: 1 })
  now += 200_000
  recent.note({ status: 200 })
  expect(recent.read()).toEqual({ seconds: 200, count: 4, serverErrors: 1 })
  now += 100_000
  expect(recent.read()).toEqual({ seconds: 290, count: 1, serverErrors: 0 })
  now += 3_600_000
  expect(recent.read()).toMatchObject({ count: 0, serverErrors: 0 })
})
