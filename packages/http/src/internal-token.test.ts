import { afterEach, expect, test, vi } from 'vitest'
import { signInternalToken, verifyInternalToken } from './internal-token.ts'

const key = Buffer.alloc(64, 7)
const sign = async () => await signInternalToken({ key }, { subject: 'server', scope: 'secrets:open', lifeSeconds: 60 })

afterEach(() => vi.useRealTimers())

test('a token is good on machines whose clocks differ by a few seconds, and not before or after', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-31T12:00:00Z') })
  const token = await sign()
  const subjectAt = async (time: string) => {
    vi.setSystemTime(new Date(`2026-01-31T${time}Z`))
    return (await verifyInternalToken({ key }, token))?.sub
  }
  expect(await subjectAt('11:59:50')).toBe(undefined)
  expect(await subjectAt('11:59:56')).toBe('server')
  expect(await subjectAt('12:01:04')).toBe('server')
  expect(await subjectAt('12:01:06')).toBe(undefined)
})

test('a token is good by the key that signed it, and as what it was made', async () => {
  const token = await sign()
  expect(await verifyInternalToken({ key: Buffer.alloc(64, 8) }, token)).toBe(null)
  expect(await verifyInternalToken({ key, name: 'others' }, token)).toBe(null)
  expect(await verifyInternalToken({ key }, token, { type: 'Refresh' })).toBe(null)
  expect(await verifyInternalToken({ key }, `${token}x`)).toBe(null)
})
