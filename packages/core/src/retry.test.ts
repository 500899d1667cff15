import { describe, expect, it } from 'vitest'
import { ConfigError, TransientError } from './errors.ts'
import { parseRetryAfter, retry } from './retry.ts'

const lost = (details = {}) => new TransientError('LOST', { message: 'The connection was lost.', details })

describe('retry', () => {
  it('tries again after a transient failure and tells before each wait', async () => {
    const told: number[] = []
    const result = await retry(
      async (number) => {
        if (number < 3) throw lost()
        return number
      },
      { minDelayMs: 1, onRetry: ({ attempt }) => told.push(attempt) },
    )
    expect([result, told]).toEqual([3, [1, 2]])
  })

  it('gives up at once on other errors, and with the last error when the attempts are used up', async () => {
    let calls = 0
    const failing = (error: Error) =>
      retry(async () => Promise.reject(Object.assign(error, { calls: ++calls })), { retries: 2, minDelayMs: 1 })
    await expect(failing(new ConfigError('NO', { message: 'No.' }))).rejects.toMatchObject({ code: 'NO', calls: 1 })
    await expect(failing(lost())).rejects.toMatchObject({ code: 'LOST', calls: 4 })
  })

  it('waits as long as the server asks, unless that is beyond the deadline', async () => {
    const waits: number[] = []
    const attempt = async (number: number) => {
      if (number === 1) throw lost({ retryAfterMs: 60 })
      return 'done'
    }
    const onRetry = ({ delayMs }: { delayMs: number }) => waits.push(delayMs)
    const startedAt = performance.now()
    expect(await retry(attempt, { minDelayMs: 1, onRetry })).toBe('done')
    expect(performance.now() - startedAt).toBeGreaterThan(55)
    await expect(retry(attempt, { minDelayMs: 1, deadlineMs: 30, onRetry })).rejects.toMatchObject({ code: 'LOST' })
    expect(waits).toEqual([60])
  })

  it('stops waiting when aborted', async () => {
    const controller = new AbortController()
    const running = retry(() => Promise.reject(lost({ retryAfterMs: 60_000 })), {
      signal: controller.signal,
      onRetry: () => setImmediate(() => controller.abort(new Error('enough'))),
    })
    await expect(running).rejects.toThrow('enough')
  })

  it.each([
    ['120', 120_000],
    ['0.5', 500],
    ['Sat, 21 Nov 2026 10:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['soon', undefined],
    [null, undefined],
  ])('reads Retry-After %s', (header, expected) => {
    expect(parseRetryAfter(header, new Date('2026-11-21T10:00:00Z'))).toBe(expected)
  })
})
