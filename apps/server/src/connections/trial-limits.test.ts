import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchLimits } from './trial-limits.ts'
import { connectionTrials } from './try-connection.ts'

const megabyte = 2 ** 20
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-limits-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

test('a file of a few KB that unpacks to a GB is given up, and leaves nothing behind', async () => {
  const [data, temporary] = [join(folder, 'data'), join(folder, 'temporary')]
  await Promise.all([mkdir(data), mkdir(temporary)])
  const frame = zstdCompressSync(Buffer.alloc(16 * megabyte, 'a'))
  const bomb = Buffer.concat([zstdCompressSync('name\n'), ...Array.from({ length: 64 }, () => frame)])
  expect(bomb.length).toBeLessThan(200_000)
  await writeFile(join(data, 'bomb.csv.zst'), bomb)
  vi.stubEnv('TMPDIR', temporary)
  const limits = { mostMemoryBytes: 400 * megabyte, mostFileBytes: 400 * megabyte }
  const trials = connectionTrials({ allowedAddresses: null, localConnections: true }, limits)
  const connections = { files: { connector: 'files', values: { path: data } } }
  const preview = { kind: 'preview', table: 'bomb', limit: 10 } as const
  const signal = new AbortController().signal
  await expect(trials.run({ connections, question: preview }, signal, { timeoutMs: 150_000 })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining('took more than 400 MiB of memory'),
  })
  expect(await readdir(temporary)).toEqual([])
})

test('temporary files count with all folders in theirs', async () => {
  const exceeded = Promise.withResolvers<string>()
  const limits = { mostMemoryBytes: Number.POSITIVE_INFINITY, mostFileBytes: megabyte }
  using _ = watchLimits(limits, folder, exceeded.resolve)
  await mkdir(join(folder, 'a/b'), { recursive: true })
  for (const name of ['a/one', 'a/b/two']) await writeFile(join(folder, name), Buffer.alloc(0.6 * megabyte))
  expect(await exceeded.promise).toContain('more than 1 MiB of temporary files')
})
