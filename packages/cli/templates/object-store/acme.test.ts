import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeObjectStore } from '@millrace/connectors/contract'
import { afterAll, beforeAll } from 'vitest'
import { createBucket, openBucket } from './bucket.ts'
import { definition } from './connector.ts'

// Start the real system here, on a free port, and stop it afterwards.
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'acme-test-'))
  createBucket(join(folder, 'contract.db'))
  writeFileSync(join(folder, 'broken.db'), 'This is no database.')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// What every object store has to do. Tests of the system's own rules stand beside it.
describeObjectStore('Acme', () => ({
  definition,
  config: { folder, bucket: 'contract' },
  // With a server: its port, and the configuration through another one, at which the suite cuts connections.
  network: null,
  unreachable: [
    { name: 'no such bucket', config: { folder, bucket: 'absent' } },
    { name: 'not a bucket', config: { folder, bucket: 'broken' } },
  ],
  missingBucket: 'absent',
  // Parts of no object.
  unfinished: async () => {
    const bucket = openBucket(join(folder, 'contract.db'))
    const rows = bucket.all('SELECT version FROM parts WHERE version NOT IN (SELECT version FROM objects)')
    bucket.close()
    return rows.map(({ version }) => String(version))
  },
  signed: false,
  checksSignatures: false,
  awkwardKeys: ['tab\tx', 'back\\slash', '.hidden', '../above', 'a//b'],
  sortsBytes: true,
  large: 128,
  many: 1200,
  largeConditions: true,
}))
