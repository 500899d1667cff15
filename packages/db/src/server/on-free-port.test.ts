import { expect, it } from 'vitest'
import { onFreePort } from './on-free-port.ts'
import { PortTaken } from './server-process.ts'

it('starts anew on another port while ports are taken, five times at the most', async () => {
  const ports: number[] = []
  const result = await onFreePort(async (port) => {
    ports.push(port)
    if (ports.length < 3) throw new PortTaken()
    return `started on ${port}`
  })
  expect(result).toBe(`started on ${ports[2]}`)

  let calls = 0
  const never = onFreePort(async () => {
    calls++
    throw new PortTaken()
  })
  await expect(never).rejects.toThrow(PortTaken)
  expect(calls).toBe(5)
})

it('does not try again after any other failure', async () => {
  let calls = 0
  const failing = onFreePort(async () => {
    calls++
    throw new Error('broken')
  })
  await expect(failing).rejects.toThrow('broken')
  expect(calls).toBe(1)
})
