import { describe, expect, it } from 'vitest'
import { findAzurite, startAzurite } from './azurite.ts'

describe.skipIf(findAzurite() === null)('Azurite', () => {
  it('starts with an account of its own, makes containers, and is gone after the stop', async () => {
    const server = await startAzurite()
    const container = await server.createContainer()
    expect((await fetch(`${server.endpoint}/${container}?restype=container&comp=list`)).status).toBe(403)
    await server.stop()
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
  })
})
