import { type ChildProcess, execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort, startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { removeDevFile, startOf, writeDevFile } from './dev/dev-file.ts'
import { type RunOptions, runCommand } from './run-command.fixture.ts'
import { type Gate, openGate, openWire, type Platform, serverToken, shop, startPlatform } from './server.fixture.ts'
import { packageJson, type WorkflowPackage, workflowPackage } from './workflow-package.fixture.ts'

let postgres: TestPostgres
let platform: Platform
let gate: Gate
let project: WorkflowPackage

beforeAll(async () => {
  postgres = await startPostgres()
  platform = await startPlatform(postgres.url())
  gate = await openGate()
  project = await workflowPackage({ 'package.json': packageJson, 'src/shop.ts': shop() })
  expect(await millrace(['deploy', '--version', '1'])).toMatchObject({ code: 0 })
})

afterAll(async () => {
  await project?.[Symbol.asyncDispose]()
  await gate?.[Symbol.asyncDispose]()
  await platform?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

interface Options extends Partial<RunOptions> {
  readonly url?: string
}

async function millrace(args: readonly string[], { url = platform.url, env, ...rest }: Options = {}) {
  const { code, out, err } = await runCommand(args, {
    cwd: project.folder,
    env: { MILLRACE_URL: url, MILLRACE_TOKEN: serverToken, TZ: 'Europe/Berlin', ...env },
    ...rest,
  })
  return { code, out: out.toString(), err }
}

async function json(args: readonly string[]) {
  const { code, out, err } = await millrace([...args, '--json'])
  expect(code, err).toBe(0)
  return JSON.parse(out)
}

/** A run of its own, of which tests know the number. */
async function trigger(...args: readonly string[]): Promise<string> {
  return (await json(['trigger', 'shop_daily', '--param', `gate=${gate.url}`, ...args])).id
}

async function printed(child: ChildProcess, text: string): Promise<void> {
  let all = ''
  for await (const [chunk] of on(child)) {
    all += chunk
    if (all.includes(text)) return
  }
}

async function* on(child: ChildProcess) {
  for (;;) yield await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
}

describe('millrace deploy', () => {
  test('sends nothing by --dry-run, then a package once, and tells of what is not there', async () => {
    await using other = await workflowPackage({ 'package.json': packageJson, 'src/shop.ts': shop({ marker: 'other' }) })
    await other.write('src/shop.ts', shop({ marker: 'other' }).replaceAll("category: 'shop'", "category: 'store'"))
    const deploy = (...args: string[]) => millrace(['deploy', '--version', '1', ...args], { cwd: other.folder })

    const dry = await deploy('--dry-run')
    expect(dry).toMatchObject({ code: 0, out: expect.stringMatching(/store_daily +1 +would be new/) })
    expect(dry.err).toContain('Nothing was deployed')
    expect((await json(['workflows', 'list', '--search', 'store'])).length).toBe(0)

    const first = await deploy()
    expect(first.code, first.err).toBe(0)
    expect(first.out).toMatch(/store_daily +1 +new +\d{4}-\d\d-\d\d 06:00:00, /)
    expect(first.out).toMatch(/store_rare +1 +new +none: it has no schedule/)
    expect(first.err).toContain('Times in Europe/Berlin.')
    expect(first.err).toContain('There is no pool "warehouse": Train of store_rare will wait')
    expect(first.err).toContain('No worker serves the queue "gpu"')
    expect(first.err).toContain('There is no connection "lake"')
    expect(first.err).toContain('MILLRACE_CONNECTION_LAKE')

    const again = JSON.parse((await deploy('--json')).out)
    expect(again.package.uploaded).toBe(false)
    expect(again.workflows).toMatchObject([{ status: 'current' }, { status: 'current' }])
  })

  test('refuses a version with other content, all at once, and takes it as another version', async () => {
    await using other = await workflowPackage({ 'package.json': packageJson, 'src/shop.ts': '' })
    const content = (name: string) => shop({ marker: name }).replaceAll("category: 'shop'", "category: 'mall'")
    const deploy = async (name: string, version: string) => {
      await other.write('src/shop.ts', content(name))
      return await millrace(['deploy', '--version', version], { cwd: other.folder })
    }
    expect(await deploy('one', '1')).toMatchObject({ code: 0 })
    const refused = await deploy('two', '1')
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('[DEPLOY_REFUSED]') })
    expect(refused.err).toContain('- mall_daily_1 was deployed before with other content')
    expect(refused.err).toContain('- mall_rare_1 was deployed before with other content')
    expect(await deploy('two', '2')).toMatchObject({ code: 0, out: expect.stringMatching(/mall_daily +2 +replaces 1/) })
    expect(await deploy('one', '1')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/replaces 2, as it did before/),
    })
    expect(await json(['workflows', 'versions', 'mall_daily'])).toMatchObject([
      { version: '2', is_current: false },
      { version: '1', is_current: true },
    ])
    const diff = await millrace(['workflows', 'diff', 'mall_daily', '1', '2'])
    expect(diff).toMatchObject({
      code: 5,
      out: expect.stringContaining('params.properties.note.default'),
    })
    expect(diff.out).toContain('~ the code')
    expect(await millrace(['workflows', 'delete', 'mall_rare'])).toMatchObject({ code: 0 })
  })

  test('says everything that is wrong with a package, and sends nothing', async () => {
    await using other = await workflowPackage({
      'package.json': packageJson,
      'src/shop.ts': shop().replaceAll('shop', 'broken'),
    })
    await other.write('src/other.ts', "import './missing.ts'")
    await other.write(
      'src/empty.ts',
      "import { Workflow } from '@millrace/workflow'\nexport const none = new Workflow({ category: 'broken', name: 'none' })",
    )
    const { code, err } = await millrace(['deploy'], { cwd: other.folder })
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('[BUILD_FAILED]') })
    expect(err).toContain('other.ts')
    expect(err).toContain('empty.ts')
    expect(await json(['workflows', 'list', '--search', 'broken'])).toEqual([])
  })
})

describe('a run', () => {
  test('is waited for or followed, and its outcome is the exit code', async () => {
    const param = ['--param', `gate=${gate.url}`]
    const waited = await millrace(['trigger', 'shop_daily', ...param, '--param', 'rows=2', '--wait'])
    expect(waited.code, waited.err).toBe(0)
    expect(waited.out).toMatch(/^Run \d+ of shop_daily 1 succeeded in .*: 4 succeeded\.\n$/)
    const followed = await millrace(['trigger', 'shop_daily', ...param, '--follow'])
    expect(followed.code, followed.err).toBe(0)
    for (const line of ['Extract started', 'Load succeeded', '(3 succeeded)', 'Report succeeded']) {
      expect(followed.out).toContain(line)
    }
    const events = await millrace(['trigger', 'shop_daily', ...param, '--wait', '--json'])
    expect(JSON.parse(events.out.trim().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'done',
      state: 'success',
      exitCode: 0,
    })
  })

  test('that fails is shown with its reason, retried from there, and goes on', async () => {
    gate.hold('Load-1')
    gate.answer('Load-1', 'row 1 is broken')
    const failed = await millrace([
      'trigger',
      'shop_daily',
      '--param',
      `gate=${gate.url}`,
      '--key',
      'failing',
      '--wait',
    ])
    expect(failed).toMatchObject({
      code: 1,
      err: expect.stringContaining('error: Load[1] failed: row 1 is broken [TASK_FAILED]'),
    })
    const [, id = ''] = /millrace runs logs (\d+) Load --item 1/.exec(failed.err) ?? []
    expect((await millrace(['runs', 'logs', id, 'Load', '--item', '1'])).out).toMatch(
      /^\d\d:\d\d:\d\d {2}WARN loading row 1\n$/,
    )

    const shown = (await millrace(['runs', 'show', id])).out
    expect(shown).toMatch(/Load +failed 3\/3 .* Extract +1 of 3 items did not succeed/)
    expect(shown).toMatch(/ {2}Load\[1\] +failed .* row 1 is broken/)
    expect(shown).toMatch(/Report +not run +Load +it needs Load, which failed/)
    const { graph, tasks } = await json(['runs', 'show', id])
    const load = graph.nodes.find((node: { id: string }) => node.id === 'Load')
    const item = tasks.find((task: { map_index?: number }) => task.map_index === 1)
    expect(Date.parse(load.started_at), 'a mapped task starts before its items').toBeLessThanOrEqual(
      Date.parse(item.started_at),
    )
    expect((await millrace(['runs', 'list', '--state', 'failed'])).out).toMatch(
      new RegExp(`${id} +shop_daily .* 1 failed`),
    )

    gate.answer('Load-1', 'ok')
    expect((await millrace(['runs', 'retry', id])).out).toContain('it is running')
    expect(await millrace(['runs', 'watch', id])).toMatchObject({
      code: 0,
      out: expect.stringContaining('succeeded in'),
    })
    expect(await millrace(['runs', 'retry', id])).toMatchObject({
      code: 2,
      err: expect.stringContaining('[NOTHING_TO_RETRY]'),
    })
    expect((await millrace(['trigger', 'shop_daily', '--param', `gate=${gate.url}`, '--key', 'failing'])).out).toBe(
      `Run ${id} of shop_daily 1 has this key: succeeded.\n`,
    )
  })

  test('is cancelled while it runs, and its tasks are cleared and marked', async () => {
    gate.hold('Extract')
    const id = await trigger()
    await gate.asked('Extract')
    expect((await millrace(['runs', 'show', 'shop_daily'])).out).toMatch(/Extract +running .* running on one on /)
    expect(await millrace(['runs', 'clear', id, '--task', 'Extract'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('[TASK_RUN_ACTIVE]'),
    })
    expect(await millrace(['runs', 'try-now', id, '--task', 'Extract'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/does not wait for a next try: it is running\. \[TASK_NOT_PAUSED\]/),
    })
    const watching = millrace(['runs', 'watch', id])
    expect((await millrace(['runs', 'cancel', id])).out).toContain(`Run ${id} is being cancelled`)
    expect(await watching).toMatchObject({
      code: 1,
      out: expect.stringContaining(`Run ${id} of shop_daily 1 cancelled`),
    })
    expect((await millrace(['runs', 'cancel', id])).out).toBe(`Run ${id} is cancelled.\n`)

    gate.answer('Extract', 'ok')
    expect(await millrace(['runs', 'clear', id, '--task', 'Extract'])).toMatchObject({ code: 0 })
    expect(await millrace(['runs', 'watch', id])).toMatchObject({ code: 0 })
    expect(await json(['runs', 'clear', id, '--task', 'Report', '--no-downstream'])).toMatchObject({
      id,
      state: 'running',
    })
    await millrace(['runs', 'watch', id])
    await millrace(['runs', 'mark', id, '--task', 'Report', '--state', 'failed', '--note', 'wrong figures'])
    const { state, tasks } = await json(['runs', 'show', id])
    expect(state).toBe('failed')
    expect(tasks.find((task: { node: string }) => task.node === 'Report')).toMatchObject({
      ...{ state: 'failed', reason: 'marked as failed: wrong figures' },
    })
  })

  test('goes on when who waits for it is stopped', async () => {
    gate.hold('Report')
    const id = await trigger()
    await gate.asked('Report')
    const { code, err } = await millrace(['runs', 'watch', id], {
      onSpawn: (child) => void printed(child, 'Report started').then(() => child.kill('SIGINT')),
    })
    expect(code).toBe(130)
    expect(err).toContain(`Run ${id} goes on. To end it, too: millrace runs cancel ${id}`)
    gate.answer('Report', 'ok')
    expect(await millrace(['runs', 'watch', id])).toMatchObject({ code: 0 })
  })
})

describe('logs', () => {
  test('are followed over all tasks to the end of the run, through a lost connection, each line once', async () => {
    await using wire = await openWire(platform.url)
    gate.hold('Extract')
    const id = await trigger('--param', 'rows=2')
    const { code, out, err } = await millrace(['runs', 'logs', id, '-f'], {
      url: wire.url,
      onSpawn: (child) =>
        void printed(child, 'reading').then(() => {
          wire.cut()
          gate.answer('Extract', 'ok')
        }),
    })
    expect(code, err).toBe(0)
    expect(err).toContain('The connection to the server was lost; trying to get it back.')
    expect(err).toContain(`Run ${id} is over: succeeded.`)
    const lines = out
      .trim()
      .split('\n')
      .map((line) => line.slice(10))
      .sort()
    expect(lines).toEqual([
      'Extract | read all',
      'Extract | reading 2 rows',
      'Load[0] | WARN loading row 0',
      'Load[1] | WARN loading row 1',
      'Report | reported',
    ])
    // The same afterwards, in the order of their tasks.
    const later = await millrace(['runs', 'logs', id])
    expect(later.out.split('\n').map((line) => line.slice(10, 30))[0]).toBe('Extract | reading 2 ')
    expect(later.out.trim().split('\n').length).toBe(5)
    const parsed = (await millrace(['runs', 'logs', id, 'Report', '--json'])).out
    expect(JSON.parse(parsed)).toMatchObject({
      node: 'Report',
      map_index: null,
      attempt: 1,
      source: 'stdout',
      text: 'reported',
    })
  })

  test('of what has not started say what it waits for', async () => {
    gate.hold('Extract')
    const id = await trigger()
    await gate.asked('Extract')
    expect(await millrace(['runs', 'logs', id, 'Report'])).toMatchObject({
      ...{ code: 0, out: '', err: expect.stringContaining('Report is waiting, waiting for Load (waiting)') },
    })
    expect((await millrace(['runs', 'logs', id, 'Reprot'])).err).toContain('Did you mean "Report"?')
    gate.answer('Extract', 'ok')
  })
})

describe('what there is besides runs', () => {
  test('a backfill runs the ticks of a range in the time zone of the schedule', async () => {
    const range = ['--from', '2026-03-28', '--to', '2026-03-31', '--param', `gate=${gate.url}`, '--param', 'rows=1']
    const started = await millrace(['backfill', 'shop_daily', ...range, '--concurrency', '3'])
    expect(started.out, started.err).toMatch(/^Backfill 1 of shop_daily 1 was started: 3 ticks, oldest first\.\n$/)
    const runs: { id: string }[] = await json(['runs', 'list', '--backfill', '1'])
    await Promise.all(runs.map(({ id }) => millrace(['runs', 'watch', id])))
    const shown = (await millrace(['backfill', 'show', '1'])).out
    expect(shown).toMatch(/2026-03-28 06:00:00/)
    expect(shown).toMatch(/2026-03-29 06:00:00/)
    expect(await json(['backfill', 'list'])).toMatchObject([{ id: 1, workflow: 'shop_daily', progress: { total: 3 } }])
    const none = await millrace(['backfill', 'shop_rare', '--from', '2026-03-28', '--to', '2026-03-31'])
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('[BACKFILL_WITHOUT_SCHEDULE]') })
    expect((await millrace(['backfill', 'cancel', '9'])).err).toContain('There is no backfill 9, ')
  })

  test('tokens of workers are shown once, and may not do what people do', async () => {
    const made = await millrace(['tokens', 'create', 'box', '--queue', 'gpu', '--expires', '2100-01-01'])
    expect(made.out).toMatch(/^millrace_worker_\S+\n$/)
    expect(made.err).toContain('for workers of the queue gpu, until 2100-01-01 00:00:00')
    const [used, [{ id }]] = await Promise.all([
      millrace(['pools', 'list', '--token', made.out.trim()]),
      json(['tokens', 'list']),
    ])
    expect(used).toMatchObject({ code: 2, err: expect.stringContaining('for "millrace worker" only') })
    await millrace(['tokens', 'revoke', `${id}`])
    expect((await millrace(['tokens', 'list'])).out).toMatch(/box +revoked +gpu/)
  })
})

describe('the server', () => {
  test('that is not named, not there, or does not know the token is told of with the next step', async () => {
    const [none, tokenless, refused] = await Promise.all([
      runCommand(['pools', 'list'], { cwd: project.folder }),
      runCommand(['pools', 'list', '--url', platform.url], { cwd: project.folder }),
      millrace(['pools', 'list'], { env: { MILLRACE_TOKEN: 'another' } }),
    ])
    expect(none).toMatchObject({
      code: 2,
      err: expect.stringMatching(/Start one with "millrace dev".*\[SERVER_UNKNOWN\]/s),
    })
    expect(tokenless).toMatchObject({ code: 2, err: expect.stringContaining('[TOKEN_MISSING]') })
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('[TOKEN_REFUSED]') })
    expect(refused.err).not.toContain('another')
    const away = await millrace(['pools', 'list'], { url: `http://127.0.0.1:${await freePort()}` })
    expect(away).toMatchObject({ code: 3, err: expect.stringContaining('[SERVER_UNREACHABLE]') })
    expect(away.err).toContain('Check that it runs, and its address in MILLRACE_URL.')
  })

  test('of millrace dev is found from a folder below', async () => {
    const home = join(project.folder, '.millrace')
    const cwd = join(project.folder, 'src/deep')
    await mkdir(home, { recursive: true })
    await mkdir(cwd, { recursive: true })
    const file = { url: platform.url, token: serverToken, pid: process.pid, started: startOf(process.pid) }
    writeDevFile(home, file)
    expect(await runCommand(['pools', 'list'], { cwd })).toMatchObject({ code: 0 })
    writeDevFile(home, { ...file, token: 'old' })
    expect((await runCommand(['pools', 'list'], { cwd })).err).toContain('"millrace dev" left in')
    writeDevFile(home, { ...file, started: 'before' })
    expect((await runCommand(['pools', 'list'], { cwd })).err).toContain('[SERVER_UNKNOWN]')
    removeDevFile(home)
  })

  test('names the nearest of what it does not know', async () => {
    const [workflow, param, version] = await Promise.all([
      millrace(['trigger', 'shop_dayli']),
      millrace(['trigger', 'shop_daily', '--param', 'rowz=3', '--param', 'gate=x']),
      millrace(['trigger', 'shop_daily', '--version', '7']),
    ])
    expect(workflow).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean "shop_daily"?') })
    expect(param).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean "rows"?') })
    expect(version).toMatchObject({ code: 2, err: expect.stringContaining('[WORKFLOW_VERSION_MISSING]') })
    const [pool, worker, variable] = await Promise.all([
      json(['pools', 'set', 'disk', '2']).then(() => millrace(['pools', 'delete', 'dsk'])),
      millrace(['workers', 'drain', 'ones']),
      json(['variables', 'set', 'day', '5', '--text']).then(() => millrace(['variables', 'delete', 'days'])),
    ])
    expect(pool).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean "disk"?') })
    expect(worker).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean "one"?') })
    expect(variable).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean "day"?') })
    expect((await millrace(['runs', 'show', '4711'])).err).toMatch(/There is no run 4711, .*"millrace runs list"/)
  })
})

test('every command of the guide does what it says', async () => {
  await project.write('src/shop.ts', shop({ gate: gate.url }))
  gate.answer('Load-1', 'row 1 is broken')
  const id = await trigger()
  expect(await millrace(['runs', 'watch', id])).toMatchObject({ code: 1 })
  gate.answer('Load-1', 'ok')

  const guide = await readFile(new URL('../../../docs/guides/operate.md', import.meta.url), 'utf8')
  const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, body = '']) => body.replaceAll(' 42', ` ${id}`))
  const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url))
  const command = `millrace() { echo "$ millrace $*"; '${process.execPath}' --conditions=@millrace/source '${bin}' "$@"; }`
  const { stdout } = await promisify(execFile)('sh', ['-ec', `exec 2>&1\n${[command, ...blocks].join('\n')}`], {
    cwd: project.folder,
    env: { PATH: process.env.PATH, MILLRACE_URL: platform.url, MILLRACE_TOKEN: serverToken },
  }).catch(({ stdout, message }) => expect.fail(`${message}\n${stdout}`))
  expect(stdout).not.toContain('error:')
  for (const text of [
    ...[`${id} +shop_daily .* 1 failed`, `Run ${id} of shop_daily .* 5 succeeded`, `marked as success; it succeeded`],
    ...['shop_daily is paused', 'goes on; next run', '3 ticks, oldest first', 'warehouse +4 +0 +0 +connections to'],
    ...['country +"de"', 'day +"5"', 'box1 +valid +default', 'one +\\S+ +active +\\d of 4 +default'],
  ]) {
    expect(stdout).toMatch(new RegExp(text))
  }
})
