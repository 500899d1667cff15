import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openDatabase, sql } from '@millrace/db'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Api, apiOf } from './api.fixture.ts'
import { devFile, killDevs, startDev } from './dev.fixture.ts'
import { runCommand } from './run-command.fixture.ts'

let warehouse: TestPostgres
let folder: string

beforeAll(async () => {
  warehouse = await startPostgres({ auth: 'scram' })
  await using db = await openDatabase({ url: warehouse.url() })
  await db.execute(sql`create table sales (run text, days integer)`)
  folder = await mkdtemp(join(tmpdir(), 'millrace-empty-'))
})
afterEach(killDevs)
afterAll(async () => {
  await warehouse?.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 })
})

const configuration = `format: 1
segments: [{ name: payer }]
pipeline_types: [{ name: claims, segment: payer }]
clients: [{ name: acme, brands: [{ name: wonder }] }]
templates:
  - name: load
    operator: sql
    config:
      connection: warehouse
      sql: insert into sales values ('{{ run_id }}', {{ variables.days }})
    variable_structures: { days: { datatype: int } }
pipelines:
  - name: daily_sales
    brand: acme/wonder
    type: claims
    run_frequency: daily
    transformations: [{ state: raw, template: load, variables: { days: 7 } }]
`

it('serves the whole platform in an empty folder: people, projects, connections with secrets, pipelines, runs; and keeps it', async () => {
  // Two at once: one serves, the other says which.
  const both = await Promise.all([startDev(folder), startDev(folder)])
  const [dev, other] = both[0].output().includes('error:') ? [both[1], both[0]] : both
  expect(await other.code).toBe(2)
  expect(other.output()).toMatch(/millrace dev runs already for .*\[DEV_RUNNING\]/)

  const api = apiOf(await devFile(folder))
  const { url } = api
  const [link = ''] = /http:\/\/\S+\/api\/auth\/link\?token=\S+/.exec(dev.output()) ?? []
  const signedIn = await fetch(link, { redirect: 'manual' })
  const cookie = signedIn.headers.getSetCookie().map((line) => line.split(';')[0] ?? '')[0] ?? ''
  const browser = apiOf({ url, token: null })
  const user = await browser.done('GET', '/api/data/user', undefined, { cookie })
  expect(user).toMatchObject({ is_admin: true })
  const page = await fetch(url)
  expect([page.status, page.url, page.headers.get('content-type')]).toEqual([
    ...[200, `${url}/api/docs`],
    'text/html; charset=utf-8',
  ])

  const namespace: string = user.username
  const project = await api.done('POST', '/api/data/projects', { name: 'Claims', namespace })
  const connections = `/api/projects/${project.id}/connections`
  const saved = await api.done('POST', connections, { name: 'warehouse', uri: warehouse.url() })
  expect(saved.config).toMatchObject({ password: '<sensitive>' })
  expect(await api.done('POST', `${connections}/${saved.id}/test`)).toMatchObject({ ok: true })

  await writeFile(join(folder, 'sales.yaml'), configuration)
  const place = `${namespace}/claims`
  const applied = await runCommand(['pipelines', 'apply', 'sales.yaml', '--project', place], { cwd: folder })
  expect(applied.code, applied.err).toBe(0)
  const run = ['pipelines', 'run', 'daily_sales', '--wait']
  const done = await runCommand(run, { cwd: folder })
  expect(done.code, done.err + dev.output()).toBe(0)

  // Services that people connect send them back to where dev listens, which nobody had to say.
  await api.done('POST', '/api/data/oauth2/providers', {
    ...{ id: 'gitlab', kind: 'gitlab', client_id: 'x', client_secret: 'y', display_name: 'GitLab', scope: 'api' },
    ...{ url: 'https://gitlab.example.com', use_pkce: true },
  })
  const authorize = '/api/data/oauth2/providers/gitlab/authorize'
  const begun = await browser.call('GET', authorize, undefined, { cookie })
  expect(new URL(begun.headers.get('location') ?? '').searchParams.get('redirect_uri')).toBe(
    `${url}/api/data/oauth2/callback`,
  )

  await commandsOfTheReadme(folder)

  const before = await everything(api, project.id)
  dev.child.kill('SIGINT')
  expect(await dev.code, dev.output()).toBe(0)

  const again = await startDev(folder)
  expect(await everything(apiOf(await devFile(folder)), project.id)).toEqual(before)
  const second = await runCommand(run, { cwd: folder })
  expect(second.code, second.err + again.output()).toBe(0)
  await using db = await openDatabase({ url: warehouse.url() })
  expect(await db.query(sql`select run, days from sales order by run`)).toEqual([
    { run: '1', days: 7 },
    // The second one was that of the README.
    { run: '3', days: 7 },
  ])
  for (const output of [dev.output(), again.output(), done.err, second.err]) {
    expect(output).not.toContain(warehouse.password)
  }
  again.child.kill('SIGINT')
  expect(await again.code).toBe(0)
}, 240_000)

/** Those that begin with `millrace dev`, as a second shell gets them. */
async function commandsOfTheReadme(cwd: string): Promise<void> {
  const readme = await readFile(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8')
  const commands = /```sh\nmillrace dev .*?\n(.*?)```/s.exec(readme)?.[1] ?? ''
  expect(commands).toContain('millrace pipelines run')
  const programs = join(cwd, 'bin')
  await mkdir(programs)
  const shim = join(programs, 'millrace')
  const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url))
  await writeFile(shim, `#!/bin/sh\nexec '${process.execPath}' --conditions=@millrace/source '${bin}' "$@"\n`)
  await chmod(shim, 0o755)
  const own = Object.entries(process.env).filter(([name]) => !/^(MILLRACE_|PG|NODE_OPTIONS|VITEST)/.test(name))
  const env = { ...Object.fromEntries(own), PATH: `${programs}${delimiter}${process.env.PATH}` }
  const { stdout } = await promisify(execFile)('sh', ['-e', '-c', commands], { cwd, env })
  expect(stdout).toContain('+ pipeline daily_counts')
}

/** What people made, as they see it. */
async function everything({ done }: Api, id: string) {
  return [
    await done('GET', '/api/data/user'),
    await done('GET', `/api/data/projects/${id}`),
    await done('GET', `/api/projects/${id}/connections`),
    await done('GET', `/api/pipelines?project_id=${id}`),
    await done('GET', '/api/runs?workflow=daily_sales'),
  ]
}
