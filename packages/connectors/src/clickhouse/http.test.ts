import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { codeOf } from '../kit/sink-rows.contract.ts'
import { definition } from './connector.ts'
import { createClickhouseHttp } from './http.ts'
import { readBlocks } from './read-blocks.ts'

/** A server that answers as told, for what a real one does only when it breaks. */
async function serve(answer: RequestListener, connect_timeout = 60) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const config = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, connect_timeout }
  const http = createClickhouseHttp(config)
  return {
    config,
    http,
    async [Symbol.asyncDispose]() {
      http.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A row of one text in RowBinary. */
const row = (text: string) => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)])
const failure =
  'Code: 395. DB::Exception: Value passed to throwIf is non-zero. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 25.8.1.1)\n'
const column = { name: 'a', type: { kind: 'text' }, nullable: false, sourceType: 'String' } as const

test.each([
  ['between rows', [row('one'), Buffer.from(failure)]],
  [
    'with the marks of newer servers',
    [row('one'), Buffer.from(`__exception__\r\nabcdefgh\r\n${failure}113 abcdefgh\r\n__exception__\r\n`)],
  ],
  ['in a row', [row('one'), row('x'.repeat(120)).subarray(0, 5), Buffer.from(failure)]],
  [
    'in a row that it fills',
    [row('one'), row('x'.repeat(120)).subarray(0, 122 - failure.length + 4), Buffer.from(failure)],
  ],
])('an exception behind a 200 is never data: %s', async (_, parts) => {
  await using server = await serve((_request, response) => response.end(Buffer.concat(parts)))
  const read = async () => {
    let rows = 0
    const session = { http: server.http, version: '', reading: {} }
    for await (const block of readBlocks(session, { texts: ['a'], columns: [column], from: 't' }))
      rows += block.rowCount
    return rows
  }
  expect(await codeOf(read())).toMatch(/VALUE_REFUSED|ANSWER_CUT/)
})

test('a refused insert reads no more of its rows', async () => {
  await using server = await serve((_request, response) => {
    response.writeHead(500).end('Code: 27. DB::Exception: Cannot parse input. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)')
  })
  let closed = false
  async function* endless() {
    try {
      for (;;) {
        yield Buffer.alloc(1 << 16)
        await nextTurn()
      }
    } finally {
      closed = true
    }
  }
  expect(await codeOf(server.http.insert({ sql: 'INSERT INTO t FORMAT CSV', bytes: endless() }))).toBe(
    'DataError VALUE_REFUSED',
  )
  await expect.poll(() => closed).toBe(true)
})

test('a server that takes connections and never answers is told from one that works', async () => {
  await using server = await serve(() => {}, 1)
  await using connector = definition.create(server.config) as SqlConnector
  expect(await connector.testConnection()).toMatchObject({ ok: false, message: expect.stringContaining('within 1 s') })
  // An abort does not wait for the server to say that it heard.
  const stop = new AbortController()
  const statement = server.http.stream({ sql: 'SELECT 1', queryId: 'q', signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(statement).rejects.toThrow('enough')
  await server.http.kill('q')
})
