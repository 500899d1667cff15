import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCommand } from './run-command.fixture.ts'

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url))
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-local-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

async function serve(...args: readonly string[]) {
  const child = spawn(process.execPath, ['--conditions=@millrace/source', bin, 'tinybird', 'local', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  for await (const text of child.stdout.setEncoding('utf8')) {
    out += text
    if (out.includes("ClickHouse's own")) break
  }
  const exported = (name: string) => new RegExp(`^export ${name}=(.+)$`, 'm').exec(out)?.[1] ?? ''
  return {
    out,
    env: { TB_CDK_ENDPOINT: exported('TB_CDK_ENDPOINT'), TB_CDK_TOKEN: exported('TB_CDK_TOKEN') },
    err: () => err,
    async interrupt() {
      const exited = once(child, 'exit')
      child.kill('SIGINT')
      return (await exited) as [number | null, string | null]
    },
  }
}

it('serves until Ctrl-C, and keeps its data where it is told to', async () => {
  const first = await serve('--data-dir', 'data', '--verbose')
  expect(first.out).toMatch('is not Tinybird')
  const url = `${first.env.TB_CDK_ENDPOINT}/v0/events?name=seen&wait=true`
  const headers = { authorization: `Bearer ${first.env.TB_CDK_TOKEN}` }
  expect((await fetch(url, { method: 'POST', body: '{"a":1}\n', headers })).status).toBe(200)
  expect(await first.interrupt()).toEqual([0, null])
  expect(first.err()).toMatch(/^POST \/v0\/events\?name&wait 200 \d+ ms$/m)

  const second = await serve('--data-dir', 'data')
  expect(second.env.TB_CDK_TOKEN).toBe(first.env.TB_CDK_TOKEN)
  const asked = await runCommand(['tinybird', 'query', 'SELECT a FROM seen', '--scalar'], {
    cwd: folder,
    env: second.env,
  })
  expect(asked.out.toString()).toBe('1\n')
  expect(await second.interrupt()).toEqual([0, null])
})

it('limits and fails as it is told to', async () => {
  const server = await serve('--fault', '503,path=/v0/datasources,method=GET,retry-after=3', '--rate-limit', 'events=1')
  const headers = { authorization: `Bearer ${server.env.TB_CDK_TOKEN}` }
  const list = () => fetch(`${server.env.TB_CDK_ENDPOINT}/v0/datasources`, { headers })
  const failed = await list()
  expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '3'])
  expect((await list()).status).toBe(200)
  const send = () =>
    fetch(`${server.env.TB_CDK_ENDPOINT}/v0/events?name=few`, { method: 'POST', body: '{"a":1}\n', headers })
  expect([(await send()).status, (await send()).status]).toEqual([202, 429])
  await server.interrupt()
})

it.each([
  [['--fault', '200'], 'It must begin with a status'],
  [['--fault', '503,often=1'], '"often=1" is none of'],
  [['--rate-limit', 'loads'], 'such as loads=5'],
  [['--port', '70000'], 'up to 65535'],
])('refuses %j', async (args, message) => {
  const { code, err } = await runCommand(['tinybird', 'local', ...args], { cwd: folder })
  expect(code).toBe(2)
  expect(err).toMatch(message)
})
