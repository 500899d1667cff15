import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTinybirdLocal, type TinybirdLocal } from './index.ts'

let server: TinybirdLocal

beforeAll(async () => {
  server = await startTinybirdLocal()
})
afterAll(() => server[Symbol.asyncDispose]())

async function query(sql: string): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${server.token}` }
  const response = await fetch(`${server.url}/v0/sql`, { method: 'POST', body: sql, headers })
  return { status: response.status, text: await response.text() }
}

async function namesIn(table: string): Promise<string[]> {
  return (await query(`SELECT name FROM system.${table} FORMAT TSVRaw`)).text.trim().split('\n')
}

/** What works on the server's own data, or on none. Whatever a newer ClickHouse brings must be looked at first. */
const ownFunctions = `dictionary format fuzzJSON fuzzQuery generateRandom generateSeries generate_series input loop merge
  mergeTreeAnalyzeIndexes mergeTreeAnalyzeIndexesUUID mergeTreeIndex mergeTreeProjection mergeTreeTextIndex null numbers
  numbers_mt primes prometheusQuery prometheusQueryRange SQLStandardValues timeSeriesData timeSeriesMetrics
  timeSeriesSamples timeSeriesSelector timeSeriesTags values view viewExplain viewIfPermitted zeros zeros_mt`
const ownEngines = `Alias Buffer Dictionary EmbeddedRocksDB FuzzJSON FuzzQuery GenerateRandom Join KeeperMap Log Loop
  MaterializedView Memory Merge Null Set StripeLog TimeSeries TinyLog View WindowView`

describe('what reaches outside', () => {
  it('is no table function', async () => {
    const allowed = []
    for (const name of await namesIn('table_functions')) {
      const { status, text } = await query(`SELECT * FROM ${name}('http://127.0.0.1:9/x')`)
      if (status !== 403 || !text.includes('is refused')) allowed.push(name)
    }
    expect(allowed.sort()).toEqual(ownFunctions.split(/\s+/).sort())
  })

  it('is no engine', async () => {
    const allowed = []
    for (const name of await namesIn('table_engines')) {
      if (/MergeTree$/.test(name)) continue
      // A statement that makes nothing of what gets through.
      const { status, text } = await query(`SELECT 'a' AS ENGINE ${name}(`)
      if (status !== 403 || !text.includes('is refused')) allowed.push(name)
    }
    expect(allowed.sort()).toEqual(ownEngines.split(/\s+/).sort())
  })

  it.each([
    "SELECT file('/etc/hostname')",
    "SELECT length(`file`('/etc/hostname'))",
    "SELECT 1 WHERE 1 AND file('/etc/hostname') != ''",
    "SELECT * FROM loop(file('/etc/hostname', 'LineAsString'))",
    "SELECT 1 FROM system.one, /* file */ FILE ('/etc/hostname', 'LineAsString')",
    "SELECT * FROM eval('SELECT 1') SETTINGS allow_experimental_eval_table_function = 1",
    "SELECT 1 INTO OUTFILE '/tmp/never'",
  ])('is refused in %s', async (sql) => {
    expect(await query(sql)).toMatchObject({ status: 403, text: expect.stringContaining('is refused') })
  })

  it('is not hidden in the default of a column', async () => {
    const schema = encodeURIComponent("a Int8, b String DEFAULT file('/etc/hostname')")
    const headers = { authorization: `Bearer ${server.token}` }
    const made = await fetch(`${server.url}/v0/datasources?name=peeking&schema=${schema}`, { method: 'POST', headers })
    expect(made.status).toBe(403)
  })

  it('does not keep tables and columns from being called so', async () => {
    const run = async (body: string) => {
      const headers = { 'x-clickhouse-user': 'default', 'x-clickhouse-key': server.token }
      const response = await fetch(server.clickhouseUrl, { method: 'POST', body, headers })
      expect(response.status, body).toBe(200)
      return await response.text()
    }
    await run('CREATE TABLE IF NOT EXISTS file (url String, s3 Int8) ENGINE = Memory')
    await run("INSERT INTO file (url, s3) VALUES ('x', 1)")
    await run("INSERT INTO default.file (url, s3) VALUES ('y', icebergBucket(3, 1))")
    expect(await run('SELECT url FROM file WHERE s3 = 1 ORDER BY url')).toMatch(/^x\n/)
    await run('DROP TABLE file')
  })
})
