import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { connectorForUri, type SqlConnector } from '@millrace/connectors'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type CommandResult, type RunOptions, runCommand } from './run-command.fixture.ts'

const password = 'geh/eim:nis@42'

let server: TestPostgres
let shop: string
let folder: string
const outputs: CommandResult[] = []

const millrace = async (args: readonly string[], options: Partial<RunOptions> = {}) => {
  const result = await runCommand(args, { cwd: folder, ...options })
  outputs.push(result)
  return { ...result, text: result.out.toString() }
}

async function execute(uri: string, sql: string): Promise<void> {
  await using connector = (await connectorForUri(uri)) as SqlConnector
  await connector.execute(sql)
}

async function scalar(uri: string, sql: string) {
  await using connector = (await connectorForUri(uri)) as SqlConnector
  return await connector.query(sql, { scalar: true })
}

/** Node decodes only the first of several frames. */
function unzstd(bytes: Buffer): Buffer {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const { buffer, engine } = zstdDecompressSync(bytes.subarray(at), { info: true }) as unknown as {
      buffer: Buffer
      engine: { bytesWritten: number }
    }
    frames.push(buffer)
    at += engine.bytesWritten
  }
  return Buffer.concat(frames)
}

beforeAll(async () => {
  server = await startPostgres({ auth: 'scram' })
  const database = await server.createDatabase('shop')
  const admin = server.url(database)
  await execute(
    admin,
    `CREATE ROLE reader LOGIN PASSWORD '${password}'; GRANT CREATE ON DATABASE shop TO reader; ALTER DATABASE shop OWNER TO reader;
     CREATE SCHEMA sales AUTHORIZATION reader;
     CREATE TABLE sales.orders (id int PRIMARY KEY, note text, price numeric(12,2), made_at timestamptz NOT NULL);
     INSERT INTO sales.orders SELECT i, CASE WHEN i % 3 > 0 THEN 'note "' || i || '"' END, i * 1.1, '2024-01-01Z'::timestamptz + i * interval '1 hour' FROM generate_series(1, 1000) i;
     CREATE TABLE sales.order_items (order_id int, sku text);
     INSERT INTO sales.order_items VALUES (1, 'a,b'), (2, '');
     CREATE TABLE sales."Odd.Name" ("a b" int); INSERT INTO sales."Odd.Name" VALUES (7);
     CREATE TABLE sales.forever (until timestamp); INSERT INTO sales.forever VALUES ('infinity');
     GRANT USAGE ON SCHEMA sales TO reader; GRANT ALL ON ALL TABLES IN SCHEMA sales TO reader; ANALYZE;`,
  )
  shop = `postgres://reader:${encodeURIComponent(password)}@${server.host}:${server.port}/${database}`
})

afterAll(async () => {
  await server?.stop()
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'))
  return async () => {
    // Whatever a test did: no output and no file that was left holds the password.
    const secrets = [password, encodeURIComponent(password)]
    const files = await readdir(folder, { recursive: true, withFileTypes: true })
    for (const file of files.filter((entry) => entry.isFile() && !entry.name.endsWith('.duckdb'))) {
      const content = await readFile(join(file.parentPath, file.name))
      for (const secret of secrets) expect(content.includes(secret), file.name).toBe(false)
    }
    for (const { out, err } of outputs.splice(0)) {
      for (const secret of secrets) expect(out.includes(secret) || err.includes(secret), err).toBe(false)
    }
    await rm(folder, { recursive: true, force: true })
  }
})

describe('copy to files', () => {
  it('takes format and compression from the name and proves the content', async () => {
    const query = 'SELECT id, note, price FROM sales.orders WHERE id <= 2 ORDER BY id'
    const csv = 'id,note,price\n1,"note ""1""",1.10\n2,"note ""2""",2.20\n'
    const ndjson = '{"id":1,"note":"note \\"1\\"","price":1.10}\n{"id":2,"note":"note \\"2\\"","price":2.20}\n'
    for (const [name, expected, unpack] of [
      ['orders.csv', csv, (bytes: Buffer) => bytes],
      ['orders.csv.gz', csv, gunzipSync],
      ['orders.csv.zst', csv, unzstd],
      ['orders.ndjson', ndjson, (bytes: Buffer) => bytes],
      ['orders.jsonl.gz', ndjson, gunzipSync],
    ] as const) {
      const { code, err } = await millrace(['copy', shop, name, '--query', query, '--verify', 'content'])
      expect(err).toContain(`query → ${name}: 2 rows in `)
      expect(err).toContain('content verified')
      expect(code).toBe(0)
      expect(unpack(await readFile(join(folder, name))).toString()).toBe(expected)
    }
  })

  it('writes Parquet that DuckDB reads, and verifies it again later', async () => {
    const copied = await millrace([
      'copy',
      shop,
      'orders.parquet',
      '--table',
      'sales.orders',
      '--verify',
      'content',
      '--manifest',
      'm.json',
    ])
    expect(copied).toMatchObject({ code: 0 })
    const path = join(folder, 'orders.parquet')
    expect(await scalar('duckdb::memory:', `SELECT sum(price)::varchar FROM '${path}'`)).toBe('550550.00')
    const manifest = JSON.parse(await readFile(join(folder, 'm.json'), 'utf8'))
    expect(manifest.from.address).toBe(shop.replace(`:${encodeURIComponent(password)}@`, '@'))

    const equal = await millrace(['verify', 'm.json', '--source'], { env: { PGPASSWORD: password } })
    expect(equal).toMatchObject({ code: 0, text: expect.stringContaining('m.json: equal. 1000 rows') })
    await millrace(['copy', shop, 'orders.parquet', '--query', 'SELECT * FROM sales.orders WHERE id > 1'])
    const different = await millrace(['verify', 'm.json', '--json'])
    expect(different.code).toBe(5)
    expect(JSON.parse(different.text)).toMatchObject({ equal: false, expected: { rows: 1000 }, target: { rows: 999 } })
  })

  it('streams to standard output, with everything for people on standard error', async () => {
    const { code, text, err } = await millrace([
      'copy',
      shop,
      '-',
      '--table',
      'sales.order_items',
      '--format',
      'csv',
      '--no-header',
      '--csv-line-end',
      'crlf',
    ])
    expect({ code, text }).toEqual({ code: 0, text: '1,"a,b"\r\n2,""\r\n' })
    expect(err).toContain('sales.order_items → -: 2 rows')
  })

  it('reads standard input', async () => {
    const { code, err } = await millrace(['copy', '-', 'duckdb:in.duckdb', '--into', 'people', '--format', 'csv'], {
      input: 'id,name\n1,Ada\n2,\n',
    })
    expect(err).toContain('2 rows')
    expect(code).toBe(0)
    expect(await scalar(`duckdb:${join(folder, 'in.duckdb')}`, 'SELECT count(*)::int FROM people')).toBe(2)
  })

  it('splits into a folder and puts several tables into one', async () => {
    const split = await millrace([
      'copy',
      shop,
      'parts/',
      '--table',
      'sales.orders',
      '--format',
      'csv',
      '--split-rows',
      '400',
    ])
    expect(split).toMatchObject({ err: expect.stringContaining('3 files'), code: 0 })
    expect((await readdir(join(folder, 'parts'))).filter((name) => name.endsWith('.csv'))).toHaveLength(3)
    const several = await millrace([
      'copy',
      shop,
      'all/',
      '--table',
      'sales.order*',
      '--into',
      '{schema}-{table}.ndjson',
    ])
    expect(several).toMatchObject({ code: 0, err: expect.stringContaining('2 tables, 1,002 rows in ') })
    expect((await readdir(join(folder, 'all'))).sort()).toEqual(['sales-order_items.ndjson', 'sales-orders.ndjson'])
  })
})

describe('copy to databases', () => {
  it('copies by wildcard, odd names included, and moves on with a cursor', async () => {
    const lake = `duckdb:${join(folder, 'lake.duckdb')}`
    const first = await millrace([
      'copy',
      shop,
      'duckdb:lake.duckdb',
      '--table',
      'sales.o*',
      '--table',
      'sales."Odd.Name"',
      '--into',
      'raw.{table}',
    ])
    expect(first).toMatchObject({ code: 0 })
    expect(await scalar(lake, 'SELECT "a b" FROM raw."Odd.Name"')).toBe(7)

    await execute(shop, 'CREATE TABLE sales.visits AS TABLE sales.orders')
    const incremental = [
      'copy',
      shop,
      'duckdb:lake.duckdb',
      '--table',
      'sales.visits',
      '--into',
      'kept',
      '--cursor',
      'made_at',
      '--key',
      'id',
    ]
    expect(await millrace(incremental)).toMatchObject({ code: 0 })
    await execute(shop, `INSERT INTO sales.visits VALUES (1001, 'late', 1, '2030-01-01Z')`)
    const again = await millrace(incremental)
    expect(again.err).toMatch(/1 inserted, \d updated/)
    expect(await scalar(lake, 'SELECT count(*)::int FROM kept')).toBe(1001)
  })

  it('plans without changing anything', async () => {
    const { code, text } = await millrace(['plan', shop, 'duckdb:planned.duckdb', '--table', 'sales.orders'])
    expect(code).toBe(0)
    expect(text).toMatch(/sales\.orders → orders\n {2}Reads about 1,000 rows/)
    expect(text).toMatch(/price +numeric\(12,2\) +DECIMAL\(12,2\) +yes/)
    expect(text).toContain('CREATE TABLE')
    const { tables } = JSON.parse(
      (await millrace(['plan', shop, 'x.parquet', '--table', 'sales.forever', '--json'])).text,
    )
    expect(tables[0]).toMatchObject({ table: 'sales.forever', forecast: [{ reason: 'infinite-timestamp' }, {}] })
  })

  it('tells a program what happens with --json', async () => {
    const { code, text, err } = await millrace([
      'copy',
      shop,
      'duckdb:json.duckdb',
      '--table',
      'sales.order*',
      '--json',
    ])
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(events[0]).toMatchObject({
      type: 'planned',
      tables: [{ table: 'sales.order_items' }, { table: 'sales.orders' }],
    })
    expect(events.filter(({ type }) => type === 'table-finished')).toMatchObject([
      { table: 'sales.order_items', rows: 2, manifest: { proof: { level: 'count' } } },
      { table: 'sales.orders', rows: 1000 },
    ])
    expect(events.at(-1)).toMatchObject({ type: 'done', tables: 2, rows: 1002 })
  })
})

describe('a file of transfers', () => {
  it('is carried out with its connections, defaults and overrides', async () => {
    await writeFile(
      join(folder, 'millrace.yaml'),
      [
        'connections:',
        '  shop:',
        '    connector: postgres',
        `    host: ${server.host}`,
        `    port: ${server.port}`,
        '    database: shop',
        '    user: reader',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a file holds
        '    password: ${SHOP_PASSWORD}',
        '  lake: duckdb:lake.duckdb',
        'defaults: { compression: gzip, verify: content }',
        'transfers:',
        '  - { name: tables, from: shop, to: lake, tables: ["sales.order*"] }',
        '  - { name: file, from: shop, to: out/, query: select 1 as one, into: one.csv.gz }',
        '  - { name: text, from: shop, to: out/, tables: [sales.forever], format: csv }',
      ].join('\n'),
    )
    const env = { SHOP_PASSWORD: password }
    const all = await millrace(['copy', '-f', 'millrace.yaml'], { env })
    expect(all).toMatchObject({ code: 0, err: expect.stringContaining('4 tables, 1,004 rows') })
    expect(gunzipSync(await readFile(join(folder, 'out/one.csv.gz'))).toString()).toBe('one\n1\n')
    expect(gunzipSync(await readFile(join(folder, 'out/forever.csv.gz'))).toString()).toBe('until\ninfinity\n')

    const one = await millrace(['copy', '-f', 'millrace.yaml', '--only', 'file', '--verify', 'none'], { env })
    expect(one).toMatchObject({ code: 0, err: expect.stringContaining('not verified') })
    // Names of connections hold in every command, and in manifests.
    const named = await millrace(['connectors', 'query', 'lake', 'select count(*) from orders', '--scalar'], { env })
    expect(named).toMatchObject({ code: 0, text: '1000\n' })
    const manifests = (await readdir(join(folder, '.millrace/manifests'))).filter((name) => name.startsWith('orders-'))
    const verified = await millrace(['verify', '--source', ...manifests.map((name) => `.millrace/manifests/${name}`)], {
      env,
    })
    expect(verified).toMatchObject({ code: 0 })
    // Without the variable whatever does not need it still works.
    expect(await millrace(['connectors', 'test', 'lake'])).toMatchObject({ code: 0 })
    expect((await millrace(['connectors', 'test', 'shop'])).err).toContain(
      'needs the environment variable SHOP_PASSWORD',
    )
    const unset = await millrace(['copy', '-f', 'millrace.yaml'])
    expect(unset).toMatchObject({
      code: 2,
      err: expect.stringContaining('millrace.yaml:8:15: the environment variable SHOP_PASSWORD is not set.'),
    })
  })
})

describe('failures', () => {
  it.each<[string, () => string[], number, string]>([
    ['an unknown option', () => ['copy', '--tabel', 'x'], 2, '(Did you mean --table?)'],
    ['an unknown command', () => ['cpoy'], 2, '(Did you mean copy?)'],
    ['a wrong choice', () => ['copy', 'a', 'b', '--mode', 'x'], 2, 'Allowed choices are replace, append'],
    ['a wrong number', () => ['copy', 'a', 'b', '--parallel', '0'], 2, 'It must be a whole number from 1 to 64.'],
    ['missing ends', () => ['copy'], 2, '[ENDS_REQUIRED]'],
    ['an unknown name', () => ['copy', 'postgers', 'x.csv'], 2, 'Did you mean "postgres"?'],
    ['an unknown scheme', () => ['copy', 'oracle://h/d', 'x.csv'], 2, '[UNKNOWN_CONNECTOR]'],
    [
      'a password that is in an unreadable URI',
      () => ['copy', shop.replace(/:\d+\//, ':nonsense/'), 'x.csv'],
      2,
      '[INVALID_URI]',
    ],
    ['a missing table', () => ['copy', shop, 'x.csv', '--table', 'nope'], 2, '[TABLE_NOT_FOUND]'],
    [
      'a wrong password',
      () => ['copy', shop.replace(/:[^:@]+@/, ':falsch@'), 'x.csv', '--table', 'a'],
      2,
      'password authentication failed',
    ],
    [
      'a server that is away',
      () => [
        'copy',
        `postgres://u:${encodeURIComponent(password)}@127.0.0.1:1/d`,
        'x.csv',
        '--table',
        'a',
        '--retries',
        '0',
      ],
      3,
      'ECONNREFUSED',
    ],
    [
      'a value that does not fit',
      () => ['copy', shop, 'x.parquet', '--table', 'sales.forever'],
      4,
      '--on-unrepresentable null',
    ],
    [
      'rows and events on one stream',
      () => ['copy', shop, '-', '--format', 'csv', '--table', 'a', '--json'],
      2,
      'STDOUT_TWICE',
    ],
    [
      'an option without a meaning',
      () => ['copy', shop, 'duckdb:x', '--table', 'a', '--json-as', 'raw'],
      2,
      '[OPTION_WITHOUT_EFFECT]',
    ],
  ])('%s ends with its own code and says what to do', async (_, args, code, message) => {
    const result = await millrace(args())
    expect(result.err + result.text).toContain(message)
    expect(result.code).toBe(code)
    expect(result.err).not.toMatch(/^\s+at /m)
  })

  it('keeps the password out of the process list', async () => {
    let listed = ''
    const lines = `SELECT pg_sleep(0.02), i FROM generate_series(1, 100) i`
    await millrace(['copy', shop, '-', '--format', 'csv', '--query', lines], {
      onSpawn: (child) =>
        child.stdout?.once('data', async () => {
          listed = await readFile(`/proc/${child.pid}/cmdline`, 'latin1').catch(() => 'unknown')
          child.kill('SIGINT')
        }),
    })
    expect(listed.replaceAll('\0', '')).toMatch(/^(millrace|unknown)/)
    expect(listed).not.toContain(encodeURIComponent(password))
  })
})

it('the first Ctrl-C stops the server, keeps the destination and says how to go on', async () => {
  const admin = server.url('shop')
  await execute(
    admin,
    // The server is still at it when the signal comes, however late that is.
    `CREATE TABLE sales.gate (shut bool); INSERT INTO sales.gate VALUES (true);
     CREATE VIEW sales.slow AS SELECT i,
       CASE WHEN i = 300000 AND EXISTS (SELECT FROM sales.gate) THEN pg_sleep(600)::text ELSE repeat('x', 500) END AS t
     FROM generate_series(1, 400000) i;
     GRANT SELECT ON sales.slow, sales.gate TO reader`,
  )
  await writeFile(join(folder, 'slow.ndjson'), 'before\n')
  let asked = false
  const result = await millrace(['copy', shop, 'slow.ndjson', '--table', 'sales.slow', '--json'], {
    onSpawn: (child) =>
      child.stdout?.on('data', (chunk: Buffer) => {
        // A second signal would end it at once.
        if (!asked && chunk.includes('"progress"')) asked = child.kill('SIGINT')
      }),
  })
  expect(result.code).toBe(130)
  const last = JSON.parse(result.text.trim().split('\n').at(-1) ?? '')
  expect(last).toMatchObject({ type: 'failed', exitCode: 130, error: { code: 'INTERRUPTED' } })
  expect(await readFile(join(folder, 'slow.ndjson'), 'utf8')).toBe('before\n')
  const active = `SELECT count(*)::int FROM pg_stat_activity WHERE usename = 'reader' AND state = 'active'`
  await expect.poll(() => scalar(admin, active)).toBe(0)
  await execute(admin, 'DELETE FROM sales.gate')
  expect(await millrace(['copy', shop, 'slow.ndjson', '--table', 'sales.slow'])).toMatchObject({ code: 0 })
})

it('Ctrl-C ends a copy that waits for a server without an answer', async () => {
  let child: ChildProcess | undefined
  const mute = createServer(() => child?.kill('SIGINT')).listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const { port } = mute.address() as AddressInfo
  const uri = `postgres://u:${encodeURIComponent(password)}@127.0.0.1:${port}/d`
  const result = await millrace(['copy', uri, 'x.csv', '--table', 'a'], {
    onSpawn: (spawned) => {
      child = spawned
    },
  })
  mute.close()
  expect(result).toMatchObject({ code: 130, err: expect.stringContaining('[INTERRUPTED]') })
})
