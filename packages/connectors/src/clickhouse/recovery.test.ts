import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type ClickhouseHttp, startClickhouseHttp } from '@millrace/tinybird-local'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectorForUri } from '../kit/registry.ts'
import type { WriteMode } from '../kit/sink.ts'
import { runLoad } from './interrupted-load.contract.ts'
import { addressFor, askServer, hasClickhouse } from './test-server.contract.ts'

const changing = /^\s*(CREATE|INSERT|ALTER|RENAME|EXCHANGE|DROP|SYSTEM)\b/

/** Hands requests on, until the answer to the n-th that changes something: its sender is killed instead. */
async function startProxy(to: string, step: number, sender: () => ChildProcess) {
  let steps = 0
  const proxy = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts)
    const sql = new URL(request.url ?? '', to).searchParams.get('query') ?? body.toString()
    const headers = Object.entries(request.headers).filter(([name]) => name.startsWith('x-clickhouse'))
    const answer = await fetch(`${to}${request.url}`, {
      method: 'POST',
      headers: Object.fromEntries(headers) as Record<string, string>,
      body,
    })
    const bytes = await answer.bytes()
    if (changing.test(sql) && ++steps === step) {
      sender().kill('SIGKILL')
      return
    }
    for (const name of ['x-clickhouse-summary', 'x-clickhouse-exception-code']) {
      const value = answer.headers.get(name)
      if (value !== null) response.setHeader(name, value)
    }
    response.writeHead(answer.status).end(bytes)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    port: (proxy.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      proxy.closeAllConnections()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}

describe.skipIf(!hasClickhouse())('a load into ClickHouse whose process is killed', () => {
  let server: ClickhouseHttp
  const ask = (sql: string) => askServer(server, sql)
  beforeAll(async () => {
    server = await startClickhouseHttp()
    await ask('CREATE DATABASE crash')
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  /** Whether the load came to its end before it was killed. */
  async function killedAt(step: number, table: string, mode: WriteMode): Promise<boolean> {
    let child: ChildProcess | undefined
    await using proxy = await startProxy(server.url, step, () => child as ChildProcess)
    const uri = `clickhouse://127.0.0.1:${proxy.port}/crash`
    const script = join(import.meta.dirname, 'interrupted-load.contract.ts')
    child = spawn(process.execPath, ['--conditions=@millrace/source', script, uri, table, mode], { stdio: 'inherit' })
    return await new Promise((resolve) => child?.once('exit', (code) => resolve(code === 0)))
  }

  const rows = (from: number, to: number, name: string) =>
    Array.from({ length: to - from + 1 }, (_, n) => `${from + n}${name}`)

  test.each([
    ['append', rows(1, 2, 'old'), [...rows(1, 2, 'old'), ...rows(2, 7, 'new')]],
    ['merge', rows(1, 2, 'old'), ['1old', ...rows(2, 7, 'new')]],
    ['insert-only', rows(1, 2, 'old'), [...rows(1, 2, 'old'), ...rows(3, 7, 'new')]],
    ['replace', rows(1, 2, 'old'), rows(2, 7, 'new')],
    ['append', null, rows(2, 7, 'new')],
  ] as const)(
    'leaves %s undone or done, and the next run ends it',
    async (mode, before, after) => {
      const read = async (table: string) => {
        const text = await ask(`SELECT concat(toString(id), name) AS v FROM crash.${table} ORDER BY id, v DESC`)
        return text.split('\n').slice(0, -1)
      }
      // Staging is the same in all modes; the others are cut off around their publish.
      // The modes share most of their steps, so each of them takes every other one.
      const stride = 2
      for (let step = mode === 'append' && before ? 14 : mode === 'merge' ? 21 : 20; ; step += stride) {
        const table = `${mode.replace('-', '_')}_${before ? 'old' : 'fresh'}_${step}`
        if (before) {
          await ask(`CREATE TABLE crash.${table} (id Int32, name Nullable(String), note Nullable(String)) ORDER BY id`)
          await ask(`INSERT INTO crash.${table} (id, name) VALUES (1, 'old'), (2, 'old')`)
        }
        const ended = await killedAt(step, table, mode)
        const between = before || (await ask(`EXISTS TABLE crash.${table}`)) === '1\n' ? await read(table) : null
        const expected = [before, sorted(after)]
        expect(expected, `step ${step}`).toContainEqual(between === null ? null : sorted(between))
        // Without a record the load is over, and the next run would be another one.
        const over = ended || (step > 12 && (await ask('SELECT count() FROM crash._millrace_loads')) === '0\n')
        if (!over) await runLoad(addressFor(server, 'crash'), table, mode)
        expect(sorted(await read(table)), `step ${step}`).toEqual(sorted(after))
        expect(
          await ask("SELECT name FROM system.tables WHERE database = 'crash' AND startsWith(name, '_millrace_s_')"),
        ).toBe('')
        expect(await ask('SELECT kind, payload FROM crash._millrace_loads')).toBe('')
        await using connector = await connectorForUri(addressFor(server, 'crash'))
        await using sink = await connector.openSink()
        const target = { kind: 'table', table: { scope: [], name: table } } as const
        expect(await sink.readState(`state ${table}`, target)).toEqual({ cursor: '7', keys: [] })
        if (ended) break
      }
    },
    600_000,
  )
})

const sorted = (texts: readonly string[]) => [...texts].sort()
