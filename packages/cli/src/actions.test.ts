import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { startTinybirdLocal, type TinybirdLocal } from '@millrace/tinybird-local'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCompositeAction } from './composite-action.fixture.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
let postgres: TestPostgres
let tinybird: TinybirdLocal
let folder: string
let env: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-actions-'))
  await mkdir(join(folder, 'bin'))
  const shim = join(folder, 'bin', 'millrace')
  const bin = join(root, 'packages/cli/bin/millrace.js')
  await writeFile(shim, `#!/bin/sh\nexec '${process.execPath}' --conditions=@millrace/source '${bin}' "$@"\n`)
  await chmod(shim, 0o755)
  ;[postgres, tinybird] = await Promise.all([startPostgres(), startTinybirdLocal({})])
  await postgres.createDatabase('shop')
  env = {
    PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
    HOME: folder,
    PGHOST: postgres.host,
    PGPORT: String(postgres.port),
    PGUSER: 'postgres',
    PGDATABASE: 'shop',
    TB_CDK_TOKEN: tinybird.token,
    TB_CDK_TAG: 'actions',
    TB_CDK_ENDPOINT: tinybird.url,
  }
})
afterAll(async () => {
  await postgres?.stop()
  await tinybird?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const run = (name: string, inputs: Record<string, string>, more: Record<string, string> = {}) =>
  runCompositeAction(join(root, 'actions', name), inputs, { folder, env: { ...env, ...more } })
const queryDb = (sql: string, scalar = 'false') => run('sql/query_db', { connector: 'postgres', sql, scalar })
const queryTb = (sql: string, scalar = 'false') => run('query_tb', { sql, scalar })

describe.each([
  ['sql/query_db', queryDb],
  ['query_tb', queryTb],
])('%s', (_, query) => {
  it('gives rows as a JSON array', async () => {
    const { outputs, code, log } = await query("SELECT 1 AS m, 'a' AS t")
    expect(code, log).toBe(0)
    const rows = JSON.parse(outputs.result ?? '')
    expect(Number(rows[0].m)).toBe(1)
    expect(rows[0].t).toBe('a')
  })

  it('gives a scalar bare, and null for nothing', async () => {
    expect((await query("SELECT '2026-03-01'", 'true')).outputs.result).toBe('2026-03-01')
    expect((await query('SELECT 1 AS x WHERE 1 = 0', 'true')).outputs.result).toBe('null')
    expect((await query('SELECT 1 AS x WHERE 1 = 0')).outputs.result).toBe('[]')
  })

  it('takes any text as text', async () => {
    const hostile = `$(touch ${folder}/owned) \`id\` "double" \\ \${{ secrets.X }} ünï 表`
    const { outputs, code, log } = await query(`SELECT '${hostile.replaceAll('\\', '')}'`, 'true')
    expect(code, log).toBe(0)
    expect(outputs.result).toBe(hostile.replaceAll('\\', ''))
    expect((await query("-- a comment first\nSELECT 'two\nlines=1<<EOF\nEOF'", 'true')).outputs.result).toBe(
      'two\nlines=1<<EOF\nEOF',
    )
  })

  it('fails when the query fails, and says why', async () => {
    const { code, log, outputs } = await query('SELECT nonsense FROM nowhere')
    expect(code).not.toBe(0)
    expect(log).toMatch(/nowhere|nonsense/)
    expect(outputs.result).toBe('')
  })
})

it('replace loads, and replaces by a condition', async () => {
  const inputs = { connector: 'postgres', data_source: 'days', format: 'CSV' }
  const all = {
    ...inputs,
    query: "SELECT d::date AS day, 1 AS n FROM generate_series('2026-01-01'::date, '2026-01-03', '1 day') d",
  }
  const first = await run('sql/replace', all)
  expect(first.code, first.log).toBe(0)
  expect(first.log).toContain(`::add-mask::${tinybird.token}`)
  expect((await queryTb('SELECT sum(n) FROM days', 'true')).outputs.result).toBe('3')
  const part = {
    ...inputs,
    query: "SELECT '2026-01-02'::date AS day, 10 AS n",
    replace_condition: "day = '2026-01-02'",
  }
  const second = await run('sql/replace', part)
  expect(second.code, second.log).toBe(0)
  expect((await queryTb('SELECT sum(n) FROM days', 'true')).outputs.result).toBe('12')
  expect(first.log.replaceAll(`::add-mask::${tinybird.token}`, '')).not.toContain(tinybird.token)
})

it('is found at the path of the guide, too', async () => {
  const action = join(root, 'ext/github/actions/query_tb')
  const { outputs } = await runCompositeAction(action, { sql: 'SELECT 7', scalar: 'true' }, { folder, env })
  expect(outputs.result).toBe('7')
})

it('setup installs a checkout that works without what development needs', { timeout: 300_000 }, async () => {
  const checkout = join(folder, 'cdk')
  // What the working tree holds, also before it is committed.
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { stdout } = await promisify(execFile)('git', list, { cwd: root, maxBuffer: 2 ** 26 })
  for (const file of stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))) {
    await cp(join(root, file), join(checkout, file), { verbatimSymlinks: true })
  }
  const action = join(checkout, 'ext/github/actions/setup')
  // The package manager has settings of its own in the home folder and in variables.
  const own = {
    ...(process.env as Record<string, string>),
    // What this checkout was installed from is in the cache; nothing waits for a network that is not there.
    npm_config_prefer_offline: 'true',
    npm_config_fetch_retries: '0',
  }
  const done = await runCompositeAction(action, {}, { folder, env: own })
  expect(done.code, done.log).toBe(0)
  const path = [...done.path, process.env.PATH].join(delimiter)
  const used = await runCompositeAction(
    join(checkout, 'actions/sql/query_db'),
    { connector: 'postgres', sql: 'SELECT 42', scalar: 'true' },
    { folder, env: { ...env, PATH: path } },
  )
  expect(used.outputs.result, used.log).toBe('42')
  const refused = await runCompositeAction(action, { drivers: 'left-pad' }, { folder, env: own })
  expect(refused.log).toContain('"left-pad" is no driver of a connector')
})
