import { readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { devFile, killDevs, startDev } from './dev.fixture.ts'
import { runCommand } from './run-command.fixture.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
let folder: string
let project: string

/** Inside the repository, so that packages are found as they are by one who installed them. */
beforeAll(async () => {
  folder = await mkdtemp(join(root, 'packages/cli/.scaffold-'))
  project = join(folder, 'shop')
  expect(await runCommand(['init', 'shop'], { cwd: folder })).toMatchObject({ code: 0 })
})
afterEach(killDevs)
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }))

const shell = (...args: string[]) => runCommand(args, { cwd: project })

it('serves a project of which a second shell deploys and starts workflows, and stops without a trace', async () => {
  const dev = await startDev(project)
  expect(dev.output()).toContain('Making a database in')
  expect(dev.output()).toMatch(/listens at http:\/\/127\.0\.0\.1:\d+, for this machine only/)
  expect((await stat(join(project, '.millrace/dev.json'))).mode & 0o777).toBe(0o600)

  const [link = ''] = /http:\/\/\S+\/api\/auth\/link\?token=\S+/.exec(dev.output()) ?? []
  const signedIn = await fetch(link, { redirect: 'manual' })
  expect([signedIn.status, signedIn.headers.get('location')]).toEqual([302, '/'])
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(403)
  const printed = await shell('console', '--print')
  expect(printed.code, printed.err).toBe(0)
  expect((await fetch(`${printed.out}`.trim(), { redirect: 'manual' })).status).toBe(302)

  const deployed = await shell('deploy')
  expect(deployed.code, deployed.err).toBe(0)
  const done = await shell('trigger', 'local_hello', '--param', 'longest=1', '--wait')
  expect(done.code, done.err + dev.output()).toBe(0)

  const { pid, url, token } = await devFile(project)
  for (const name of await readdir(join(project, '.millrace/keys'))) {
    expect((await stat(join(project, '.millrace/keys', name))).mode & 0o777, name).toBe(0o600)
  }
  const kept = await fetch(`${url}/api/platform/secrets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'warehouse', value: 'hush-hush' }),
  })
  expect(kept.status, await kept.text()).toBe(201)
  expect(dev.output()).not.toContain('hush-hush')

  expect(await shell('dev')).toMatchObject({
    code: 2,
    err: expect.stringMatching(new RegExp(`runs already for .*, as process ${pid} at ${url}.*\\[DEV_RUNNING\\]`)),
  })

  const below = descendants(pid)
  expect(below.length).toBeGreaterThan(1)
  dev.child.kill('SIGINT')
  expect(await dev.code, dev.output()).toBe(0)
  expect(dev.output()).toContain('Stopped. Everything is kept for the next start.')
  await expect.poll(() => below.filter(isAlive)).toEqual([])
  await expect(devFile(project)).rejects.toThrow()
})

it('has the same address and everything else at the next start, also after it was killed; nothing of it is left then', async () => {
  const first = await startDev(project)
  const before = await devFile(project)
  const below = descendants(before.pid)
  first.child.kill('SIGKILL')
  await first.code
  await expect.poll(() => below.filter(isAlive)).toEqual([])

  const second = await startDev(project)
  expect(second.output()).toContain('Starting the database')
  const after = await devFile(project)
  expect(after.url).toBe(before.url)
  expect(after.token).not.toBe(before.token)
  const runs = await shell('runs', 'list', '--json')
  expect(runs.out.toString()).toContain('"local_hello"')
  second.child.kill('SIGTERM')
  expect(await second.code).toBe(0)
})

it('deploys what changes with --watch, and says what is wrong with it', async () => {
  const dev = await startDev(project, '--watch')
  await expect.poll(dev.output).toContain('Deployed local_hello from')
  const module = join(project, 'workflows/hello.ts')
  const text = readFileSync(module, 'utf8')
  await writeFile(module, text.replace("name: 'hello'", "name: 'changed'"))
  await expect.poll(dev.output).toContain('Deployed local_changed from')
  await writeFile(module, `${text}\nconst broken: = 1\n`)
  await expect.poll(dev.output).toContain('Nothing was deployed; the next change is tried again.')
  await writeFile(module, text)
  await expect.poll(dev.output).toMatch(/next change is tried again\..*Deployed local_hello from/s)
  dev.child.kill('SIGINT')
  expect(await dev.code).toBe(0)
})

it('refuses a worker without a server or a token, and says what to do', async () => {
  expect(await shell('worker')).toMatchObject({ code: 2, err: expect.stringContaining('MILLRACE_URL') })
  expect(await shell('worker', '--url', 'http://127.0.0.1:9')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/needs a worker token.*"millrace tokens create/),
  })
})

/** Processes below this one, by what the system says; none where it does not. */
function descendants(pid: number): number[] {
  if (process.platform !== 'linux') return []
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      parents.set(Number(name), Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]))
    } catch {}
  }
  const below = (of: number): number[] =>
    [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)])
  return below(pid)
}

function isAlive(pid: number): boolean {
  try {
    statSync(`/proc/${pid}`)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
