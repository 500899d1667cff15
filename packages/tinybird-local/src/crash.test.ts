import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTinybirdLocal } from './index.ts'

let directory: string
let children: ChildProcess[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-crash-'))
  children = []
})
afterEach(async () => {
  for (const child of children) await kill(child)
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

const authorization = 'Bearer p.test'

async function start(): Promise<{ child: ChildProcess; url: string; clickhouseUrl: string }> {
  const program = new URL('./crash.fixture.ts', import.meta.url)
  const child = fork(program, [directory], { execArgv: ['--conditions=@millrace/source'] })
  children.push(child)
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The server ended before it was ready.')))
  const [urls] = (await Promise.race([once(child, 'message'), ended])) as [{ url: string; clickhouseUrl: string }]
  ended.catch(() => {})
  return { child, ...urls }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function send(url: string, path: string, body?: RequestInit['body']): Promise<unknown> {
  const init = { method: 'POST', headers: { authorization }, duplex: 'half' } as const
  const response = await fetch(`${url}/v0/datasources${path}`, body === undefined ? init : { ...init, body })
  expect(response.status).toBe(200)
  return response.json()
}

async function query(url: string, sql: string): Promise<string> {
  const search = new URLSearchParams({ q: `${sql} FORMAT CSV` })
  const response = await fetch(`${url}/v0/sql?${search}`, { headers: { authorization } })
  expect(response.status).toBe(200)
  return (await response.text()).trim()
}

it('has the data as before after a kill in the middle of a replace, and no leftovers', async () => {
  const first = await start()
  await send(first.url, '?name=safe&schema=a%20UInt32,%20s%20String')
  await send(first.url, '?name=safe&mode=append&format=csv', '1,old\n2,old\n')
  const rows = Buffer.from('7,new\n'.repeat(200_000))
  const upload = new ReadableStream<Uint8Array>({
    async pull(stream) {
      stream.enqueue(rows)
      await new Promise((resolve) => setTimeout(resolve, 50))
    },
  })
  const head = '--edge\r\nContent-Disposition: form-data; name="csv"; filename="a.csv"\r\n\r\n'
  const parts = async function* () {
    yield Buffer.from(head)
    yield* upload
  }
  const replacing = fetch(`${first.url}/v0/datasources?name=safe&mode=replace&format=csv`, {
    method: 'POST',
    body: ReadableStream.from(parts()),
    headers: { authorization, 'content-type': 'multipart/form-data; boundary=edge' },
    duplex: 'half',
  } as RequestInit)
  replacing.catch(() => {})
  const staged = "SELECT sum(total_rows) > 0 FROM system.tables WHERE database = '_millrace_staging'"
  while ((await query(first.url, staged)) !== '1');
  expect(await query(first.url, 'SELECT groupArray(s) FROM safe')).toBe(`"['old','old']"`)
  await kill(first.child)
  await expect(replacing).rejects.toThrow()

  const second = await start()
  expect(await query(second.url, 'SELECT count(), groupArray(s) FROM safe')).toBe(`2,"['old','old']"`)
  expect(await query(second.url, "SELECT count() FROM system.tables WHERE database = '_millrace_staging'")).toBe('0')
  expect(await readdir(join(directory, 'uploads'))).toEqual([])
  expect(await send(second.url, '?name=safe&mode=replace&format=csv', '9,newest\n')).toMatchObject({
    successful_rows: 1,
  })
  expect(await query(second.url, 'SELECT a FROM safe')).toBe('9')
})

it('has whole batches only after a kill while it appends, and all that were acknowledged', async () => {
  const batch = 500
  const acknowledged = { rows: 0, events: 0 }
  const sent = { rows: 0, events: 0 }
  for (let round = 1; round <= 3; round++) {
    const { child, url } = await start()
    if (round === 1) for (const name of ['rows', 'events']) await send(url, `?name=${name}&schema=a%20UInt32`)
    const write = async (name: 'rows' | 'events') => {
      const csv = name === 'rows'
      const path = csv ? '/v0/datasources?mode=append&format=csv&name=rows' : '/v0/events?wait=true&name=events'
      for (;;) {
        sent[name]++
        const body = (csv ? '1\n' : '{"a":1}\n').repeat(batch)
        const response = await fetch(`${url}${path}`, { method: 'POST', body, headers: { authorization } })
        expect(await response.json()).toMatchObject({ successful_rows: batch })
        acknowledged[name]++
        if (acknowledged.rows + acknowledged.events === round * 12) child.kill('SIGKILL')
      }
    }
    const writers = await Promise.allSettled([write('rows'), write('rows'), write('events'), write('events')])
    expect(writers.map((writer) => String((writer as PromiseRejectedResult).reason))).toEqual(
      new Array(4).fill(expect.stringMatching('fetch failed|terminated')),
    )
    await kill(child)
  }
  const { url } = await start()
  for (const name of ['rows', 'events'] as const) {
    const batches = Number(await query(url, `SELECT count() FROM ${name}`)) / batch
    expect(Number.isInteger(batches)).toBe(true)
    expect(batches).toBeGreaterThanOrEqual(acknowledged[name])
    expect(batches).toBeLessThanOrEqual(sent[name])
  }
})

it('starts again when it was killed, also where its engine is stuck', async () => {
  const first = await start()
  await send(first.url, '?name=kept&schema=a%20UInt32')
  await send(first.url, '?name=kept&mode=append&format=csv', '1\n')
  const { enginePid } = JSON.parse(await readFile(join(directory, 'owner.json'), 'utf8'))
  process.kill(enginePid, 'SIGSTOP')
  await kill(first.child)
  const second = await start()
  expect(await query(second.url, 'SELECT a FROM kept')).toBe('1')
})

it('goes on after its engine has crashed, and fails only what was running', async () => {
  const { url, clickhouseUrl } = await start()
  await send(url, '?name=lasting&schema=a%20UInt32')
  await send(url, '?name=lasting&mode=append&format=csv', '1\n')
  const running = fetch(`${clickhouseUrl}/?user=default&password=p.test`, {
    method: 'POST',
    body: 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1',
  })
  while ((await query(url, "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%'")) !== '2');
  const { enginePid } = JSON.parse(await readFile(join(directory, 'owner.json'), 'utf8'))
  process.kill(enginePid, 'SIGKILL')
  expect((await running).status).toBe(500)
  expect(await query(url, 'SELECT a FROM lasting')).toBe('1')
})

it('names the process that has the data directory open', async () => {
  const { child } = await start()
  await expect(startTinybirdLocal({ dataDirectory: directory })).rejects.toMatchObject({
    code: 'DATA_DIRECTORY_IN_USE',
    message: expect.stringContaining(`process ${child.pid}`),
  })
})

it('has the same token every time', async () => {
  const tokens = []
  for (let time = 0; time < 2; time++) {
    await using server = await startTinybirdLocal({ dataDirectory: directory })
    tokens.push(server.token)
  }
  expect(tokens[0]).toMatch(/^p\./)
  expect(tokens[1]).toBe(tokens[0])
})
