import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  connectorForUri,
  createConnector,
  type ObjectStoreConnector,
  type SqlConnector,
  type Target,
} from '@millrace/connectors'
import { findRadosgw, startPostgres, startRadosgw, type TestPostgres, type TestRadosgw } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from './run-command.fixture.ts'

/*
 * The command is killed with SIGKILL while it writes to S3, later in every round, and run once more.
 * Readers see the old table or the new one at any time, and nothing else is left in the bucket.
 */
const rounds = Number(process.env.MILLRACE_CRASH_ROUNDS ?? 2)
const rowCount = 40_000

describe.skipIf(findRadosgw() === null)('kill -9 of a copy from PostgreSQL to S3 on Ceph RGW', () => {
  let server: TestRadosgw
  let database: TestPostgres
  let folder: string
  let bucket: string
  let env: Record<string, string>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-crash-'))
    ;[server, database] = await Promise.all([startRadosgw(), startPostgres()])
    bucket = await server.createBucket()
    env = {
      AWS_ENDPOINT_URL_S3: server.endpoint,
      AWS_REGION: server.region,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
      TMPDIR: folder,
    }
    await using connector = (await connectorForUri(database.url())) as SqlConnector
    await connector.execute(`CREATE TABLE flights AS
      SELECT n AS id, n % 12 AS month, repeat(md5(n::text), 20) AS note FROM generate_series(1, ${rowCount}) AS n`)
    await connector.execute('ALTER TABLE flights ADD PRIMARY KEY (id)')
    await connector.execute('ANALYZE flights')
  })
  afterAll(async () => {
    await Promise.all([server?.stop(), database?.stop()])
    await rm(folder, { recursive: true, force: true })
  })

  const store = async (path: string) =>
    (await createConnector('s3', {
      bucket,
      path,
      endpoint: server.endpoint,
      region: server.region,
      access_key_id: server.accessKeyId,
      secret_access_key: server.secretAccessKey,
    })) as ObjectStoreConnector

  async function rowsAt(target: Target): Promise<number> {
    await using connector = await store('')
    await using sink = await connector.openSink()
    return await sink.count(target)
  }

  const temporaryFolders = async () =>
    (await readdir(folder)).filter((name) => /^millrace-(objects|partitions)-/.test(name)).sort()

  it.each([
    ['one/flights.ndjson', [], 'replace'],
    ['folder/flights/', ['--format', 'parquet'], 'append'],
    ['parted/flights/', ['--format', 'csv', '--compression', 'zstd', '--partition-by', 'month'], 'replace'],
  ])(
    'a copy to %s is resumed',
    async (path, options, mode) => {
      const format = path.endsWith('.ndjson') ? 'ndjson' : options.includes('csv') ? 'csv' : 'parquet'
      const target: Target = { kind: 'file', path, format, compression: 'none' }
      const copy = (query: string, kill?: number) =>
        runCommand(
          [
            'copy',
            database.url(),
            `s3://${bucket}/${path}`,
            '--mode',
            mode,
            '--parallel',
            '2',
            ...options,
            ...(query ? ['--query', query] : ['--table', 'flights']),
          ],
          {
            cwd: folder,
            env: { ...env, MILLRACE_HOME: join(folder, 'state') },
            onSpawn: (child) => {
              if (kill !== undefined) setTimeout(() => child.kill('SIGKILL'), kill)
            },
          },
        )
      const started = performance.now()
      const first = await copy('SELECT * FROM flights WHERE id <= 100')
      expect(first, first.err).toMatchObject({ code: 0 })
      const startMs = performance.now() - started
      let before = 100
      for (let round = 1; round <= rounds; round++) {
        // From the moment the process is up until after its usual end.
        const killed = await copy('', startMs * (0.4 + (1.6 * round) / rounds))
        const seen = await rowsAt(target)
        const all = mode === 'append' ? before + rowCount : rowCount
        expect([before, all]).toContain(seen)
        if (killed.code !== 0) {
          // What a killed process had in its temporary folder is not ours to find again.
          const left = await temporaryFolders()
          const again = await copy('')
          expect(again, again.err).toMatchObject({ code: 0 })
          expect(await temporaryFolders()).toEqual(left)
        }
        before = await rowsAt(target)
        // A copy that was killed after its publish, and had nothing left to close, may rightly have added again.
        expect(mode === 'append' && seen === all ? [all, all + rowCount] : [all]).toContain(before)
        await using connector = await store('')
        const keys = await connector.bucket().ls(path.split('/')[0] ?? '')
        expect(keys.filter((key) => key.includes('_millrace') && !key.endsWith('/manifest.json'))).toEqual([])
        const objects = keys.filter((key) => !key.includes('_millrace'))
        if (mode === 'replace') expect(objects.length).toBeLessThanOrEqual(path.startsWith('one') ? 1 : 12 * 8)
      }
    },
    60_000 + rounds * 30_000,
  )
})
