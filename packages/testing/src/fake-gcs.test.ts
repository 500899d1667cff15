import { describe, expect, it } from 'vitest'
import { findFakeGcs, startFakeGcs } from './fake-gcs.ts'

describe.skipIf(findFakeGcs() === null)('fake-gcs-server', () => {
  it('starts, makes buckets, and is gone after the stop', { timeout: 600_000 }, async () => {
    const server = await startFakeGcs()
    const bucket = await server.createBucket()
    expect((await fetch(`${server.endpoint}/storage/v1/b/${bucket}/o`)).status).toBe(200)
    await server.stop()
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
  })
})
