import { describe, expect, it } from 'vitest'
import { findRadosgw, startRadosgw } from './radosgw.ts'

describe.skipIf(findRadosgw() === null)('Ceph RGW', () => {
  it('starts, makes buckets and users, keeps what is stored over a crash, and leaves nothing behind', async () => {
    const server = await startRadosgw()
    const bucket = await server.createBucket()
    expect((await fetch(`${server.endpoint}/${bucket}`)).status).toBe(403)
    expect((await server.createUser()).accessKeyId).not.toBe(server.accessKeyId)
    const { pid } = server
    await server.kill()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    await server.restart()
    await expect(server.createBucket(bucket)).resolves.toBe(bucket)
    await server.stop()
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
    await expect(fetch(server.endpoint)).rejects.toThrow('fetch failed')
  })
})
