import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { createTinybirdClient, JobError, type TinybirdClient } from '@millrace/tinybird'
import { startTinybirdLocal, type TinybirdLocal } from '@millrace/tinybird-local'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const guide = fileURLToPath(new URL('../../../../docs/guides/tinybird.md', import.meta.url))
const modules = fileURLToPath(new URL('../../../../node_modules', import.meta.url))

let local: TinybirdLocal
let client: TinybirdClient
let folder: string
beforeAll(async () => {
  local = await startTinybirdLocal({})
  client = createTinybirdClient({ token: local.token, endpoint: local.url, tag: 'client test' })
  folder = await mkdtemp(join(tmpdir(), 'millrace-tinybird-guide-'))
})
afterAll(async () => {
  await local?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const count = (name: string) => client.query(`SELECT toUInt32(count()) FROM ${name}`, { scalar: true })

it('the example of the guide does what it says', async () => {
  const [, section = ''] = (await readFile(guide, 'utf8')).split('## The client\n')
  const [, example = ''] = /```ts\n(.*?)```/s.exec(section) ?? []
  await symlink(modules, join(folder, 'node_modules'))
  await writeFile(join(folder, 'example.ts'), example)
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  const env = {
    PATH: process.env.PATH,
    TB_CDK_TOKEN: local.token,
    TB_CDK_TAG: 'guide',
    TB_CDK_ENDPOINT: local.url,
  }
  const args = ['--conditions=@millrace/source', join(folder, 'example.ts')]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env })
  expect(stdout).toMatch(/^3 rows in import \S+\nnewest day: 2026-03-04\n/)
  expect(stdout).toMatch(/1 went to quarantine and 0 could not be parsed; 0 were allowed/)
  expect(await count('flights')).toBe(1011)
})

describe('against the local Tinybird', () => {
  it('a data source is created, listed, altered, truncated and dropped', async () => {
    const created = await client.createDataSource('made', {
      schema: '`id` Int64, `note` Nullable(String)',
      engine: { engine: 'MergeTree', engine_sorting_key: 'id' },
    })
    expect(created.name).toBe('made')
    expect((await client.dataSources()).map(({ name }) => name)).toContain('made')
    expect((await client.dataSource('made'))?.columns).toMatchObject([
      { name: 'id', type: 'Int64', nullable: false },
      { name: 'note', nullable: true },
    ])
    await client.alter('made', '`id` Int64, `note` Nullable(String), `extra` String')
    expect((await client.dataSource('made'))?.columns.map(({ name }) => name)).toEqual(['id', 'note', 'extra'])
    await client.appendData('made', '1,a,b\n', { format: 'csv' })
    await client.truncate('made')
    expect(await count('made')).toBe(0)
    await client.dropDataSource('made')
    expect(await client.dataSource('made')).toBeNull()
  })

  it('every way to load writes the same rows', async () => {
    await client.createDataSource('loaded', { schema: '`id` Int64, `text` String' })
    const csv = '1,"a ""x"",\n b\\"\n2,ä\n'
    const path = join(folder, 'loaded.csv')
    await writeFile(path, csv)
    await writeFile(`${path}.gz`, gzipSync(csv))
    const stream = async function* () {
      for (const byte of Buffer.from(csv)) yield Buffer.from([byte])
    }
    const loads = [
      () => client.replaceData('loaded', csv, { format: 'csv' }),
      () => client.replaceFile('loaded', path, { format: 'csv' }),
      () => client.replaceFile('loaded', `${path}.gz`, { format: 'csv' }),
      () => client.replaceStream('loaded', stream, { format: 'csv' }),
    ]
    for (const load of loads) {
      expect(await load()).toMatchObject({ successfulRows: 2, quarantinedRows: 0 })
      const { data } = await client.query('SELECT toUInt32(id) AS id, text FROM loaded ORDER BY id')
      expect(data).toEqual([
        { id: 1, text: 'a "x",\n b\\' },
        { id: 2, text: 'ä' },
      ])
    }
    await client.replaceData('loaded', '2,new\n', { format: 'csv', replaceCondition: 'id = 2' })
    expect((await client.query('SELECT text FROM loaded ORDER BY id')).data.at(-1)).toEqual({ text: 'new' })
    expect(await client.deleteRows('loaded', 'id = 2', { dryRun: true })).toMatchObject({ rows: 1, jobId: null })
    await client.deleteRows('loaded', 'id = 2')
    expect(await count('loaded')).toBe(1)
  })

  it('an import from an address is a job that is waited for', async () => {
    const files = createServer((request, response) => {
      if (request.url === '/n.csv') response.end('1\n2\n')
      else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve))
    try {
      const address = `http://127.0.0.1:${(files.address() as AddressInfo).port}`
      await client.createDataSource('imported', { schema: '`n` UInt64' })
      const result = await client.appendUrl('imported', `${address}/n.csv`, { format: 'csv' })
      expect(result).toMatchObject({ quarantinedRows: 0 })
      expect(await count('imported')).toBe(2)
      expect((await client.jobs()).map(({ id }) => id)).toContain(result.jobId)
      const missing = client.appendUrl('imported', `${address}/missing.csv`, { format: 'csv' })
      await expect(missing).rejects.toBeInstanceOf(JobError)
    } finally {
      files.closeAllConnections()
      files.close()
    }
  })

  it('rows that do not fit are in quarantine, by import', async () => {
    await client.createDataSource('strict', { schema: '`n` Int32' })
    const result = await client.appendData('strict', '{"n":1}\n{"n":"x"}\n', { format: 'ndjson' })
    expect(result).toMatchObject({ successfulRows: 1, quarantinedRows: 1 })
    const { data } = await client.quarantine('strict', { importId: result.importId ?? '' })
    expect(data).toMatchObject([{ c__import_id: result.importId, c__error_column: ['n'] }])
  })

  it('64-bit integers are exact', async () => {
    const sql = 'SELECT toUInt64(18446744073709551615) AS a'
    expect(String(await client.query(sql, { scalar: true }))).toBe('18446744073709551615')
    expect(await client.query('SELECT 1 WHERE 0', { scalar: true })).toBeNull()
  })

  it('requests that fail on the way are tried again', async () => {
    const patient = createTinybirdClient({ token: local.token, endpoint: local.url, clock: { ...fastClock } })
    await client.createDataSource('busy', { schema: '`n` Int32' })
    local.fault({ path: '/v0/events', status: 429, times: 2, headers: { 'retry-after': '1' } })
    expect(await patient.appendEvents('busy', [{ n: 1 }, { n: 2 }])).toMatchObject({ successfulRows: 2 })
    local.fault({ path: '/v0/datasources', method: 'POST', status: 408 })
    expect(await patient.appendData('busy', '3\n', { format: 'csv' })).toMatchObject({ attemptsTimedOut: 1 })
    local.fault({ path: '/v0/sql', status: 'cut' })
    expect(await patient.query('SELECT toUInt32(count()) FROM busy', { scalar: true })).toBe(3)
  })

  it('a wrong token is refused', async () => {
    const stranger = createTinybirdClient({ token: 'p.wrong', endpoint: local.url })
    await expect(stranger.query('SELECT 1')).rejects.toMatchObject({ recovery: 'config' })
  })
})

const fastClock = { now: () => 0, random: () => 0, sleep: async () => {} }
