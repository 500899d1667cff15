import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { describeObjectStore } from '../kit/object-store.contract.ts'
import { definition } from './connector.ts'
import { folderStore } from './folder-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-folder-store-'))
mkdirSync(join(folder, 'bucket'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describeObjectStore('A local folder', () => ({
  definition,
  config: { path: `${folder}/bucket/` },
  network: null,
  unreachable: [{ name: 'no such folder', config: { path: `${folder}/nothing/here/` } }],
  missingBucket: null,
  // Hidden files and empty folders, which a listing does not show.
  unfinished: async () => {
    const files = await folderStore(`${folder}/bucket`).ls('')
    if (!existsSync(`${folder}/bucket`)) return []
    const all = readdirSync(`${folder}/bucket`, { recursive: true }).map(String)
    return all.filter((name) => !files.some((file) => file === name || file.startsWith(`${name}/`)))
  },
  signed: false,
  checksSignatures: false,
  awkwardKeys: ['tab\tx', 'nl\nx', 'back\\slash', '.hidden'],
  sortsBytes: true,
  large: 300,
  many: 3000,
  largeConditions: true,
}))

test('a key does not lead out of the folder', async () => {
  const store = folderStore(join(folder, 'inner'))
  for (const key of ['../out', 'a/../../out', './a', 'a//b', 'nul\0']) {
    await expect(store.write(key, [Buffer.from('x')])).rejects.toMatchObject({ code: 'INVALID_KEY' })
    await expect(store.stat(key)).rejects.toMatchObject({ code: 'INVALID_KEY' })
    await expect(store.rm(key)).rejects.toMatchObject({ code: 'INVALID_KEY' })
  }
  await expect(store.rmtree('..')).rejects.toMatchObject({ code: 'INVALID_KEY' })
  expect(existsSync(join(folder, 'out'))).toBe(false)
})
