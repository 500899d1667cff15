import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { artifactStoreContract } from './artifact-store.contract.ts'
import { localArtifacts } from './local-artifacts.ts'

let folder = ''
let opened = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

artifactStoreContract('A folder', async () => {
  opened += 1
  return localArtifacts(join(folder, String(opened)))
})

test('A folder that cannot be written to fails with the reason and leaves nothing behind', async () => {
  const store = localArtifacts(join(folder, 'blocked'))
  await store.put('a', Buffer.from('x'))
  // A file stands where a folder would have to be.
  await expect(store.put('a/b', Buffer.from('x'))).rejects.toThrow(/EEXIST|ENOTDIR/)
  expect(await readdir(join(folder, 'blocked', '.unfinished'))).toEqual([])
})
