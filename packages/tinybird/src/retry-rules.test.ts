import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { HTTPError, RateLimitedForTooLongError } from './errors.ts'
import { type Reply, type ScriptedServer, startScriptedServer } from './scripted-server.test.fixture.ts'
import type { TinybirdClient } from './types.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await startScriptedServer()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.requests.length = 0
  server.clock.waits.length = 0
  server.messages.length = 0
  server.clock.luck = 0.5
})

const csv = { format: 'csv' } as const
const chunks = async function* () {
  yield Buffer.from('1,one\n')
  yield Buffer.from('2,two\n')
}

/** One request of each kind: what can be sent again differs. */
const calls: Record<string, { readonly reads: boolean; readonly send: (client: TinybirdClient) => Promise<unknown> }> =
  {
    'GET without body': { reads: true, send: (client) => client.query('SELECT 1') },
    'POST without body': { reads: false, send: (client) => client.truncate('flights') },
    'POST of bytes': { reads: false, send: (client) => client.appendData('flights', '1,one\n', csv) },
    'POST of a stream': { reads: false, send: (client) => client.appendStream('flights', chunks, csv) },
    'POST of a URL': {
      reads: false,
      send: (client) => client.replaceUrl('flights', 'https://files.example/a.csv', csv),
    },
    'POST of events': { reads: false, send: (client) => client.appendEvents('flights', [{ a: 1 }]) },
    'DELETE without body': { reads: false, send: (client) => client.dropDataSource('flights') },
  }

/** Seconds waited between the attempts when nothing but this answer comes. Empty: no second attempt. */
function expectedWaits(status: number, reads: boolean, hinted: boolean): number[] {
  if (status === 429) return hinted ? [60, 60, 60, 61, 117] : [60, 60, 60, 60, 60]
  if (status === 408) return [2, 4, 8, 16, 32]
  if (status === 502 && reads) return [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
  if (status === 0 && reads) return [2, 4, 8, 16, 32]
  return []
}

const statuses = [400, 401, 403, 404, 405, 408, 409, 411, 413, 422, 429, 500, 501, 502, 503, 504, 418, 0]
/** Only a rate limit is waited for as the headers say. */
const hints = { 'retry-after': '7', 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9' }
const table = statuses.flatMap((status) =>
  Object.entries(calls).flatMap(([name, { reads, send }]) =>
    [{}, hints].map((headers) => ({
      status,
      name,
      headers,
      send,
      waits: expectedWaits(status, reads, headers === hints),
    })),
  ),
)

describe('what is tried again', () => {
  it.each(table)('$status on $name with $headers', async ({ status, headers, send, waits }) => {
    server.script(status === 0 ? 'cut' : { status, headers, body: { error: 'refused on purpose' } })
    const error = await send(server.client()).then(
      () => undefined,
      (thrown) => thrown,
    )
    expect(server.clock.waits.map((ms) => ms / 1000)).toEqual(waits)
    expect(server.requests).toHaveLength(waits.length + 1)
    expect(server.messages.filter((message) => message.startsWith('warning'))).toHaveLength(waits.length)
    if (status === 502 && waits.length > 0) expect(error).toBeInstanceOf(RateLimitedForTooLongError)
    else {
      expect(error).toBeInstanceOf(HTTPError)
      expect(error).toMatchObject({ status, details: { attempts: waits.length + 1 } })
      if (status !== 0) expect(error.message).toContain('refused on purpose')
    }
    // Each attempt sent everything again.
    const [first] = server.requests
    for (const request of server.requests) {
      expect(request.url).toBe(first?.url)
      expect(withoutBoundary(request.text)).toBe(withoutBoundary(first?.text ?? ''))
    }
  })

  it.each(Object.entries(calls))('%s succeeds after each kind of failure that it may survive', async (name, call) => {
    const survivable: Reply[] = [
      { status: 429 },
      { status: 408 },
      ...(call.reads ? ['cut' as const, { status: 502 }] : []),
    ]
    server.script(...survivable, { body: { successful_rows: 2, data: [] } })
    await call.send(server.client())
    expect(server.requests).toHaveLength(survivable.length + 1)
    expect(server.clock.waits).toEqual(call.reads ? [60_000, 2000, 2000, 2000] : [60_000, 2000])
    // Answers that are not wanted are read to their end, so that the connection serves the next attempt.
    const connections = new Set(server.requests.map(({ connection }) => connection))
    expect(connections.size, name).toBe(call.reads ? 2 : 1)
  })

  it('counts 429 and 408 apart', async () => {
    const failures = Array.from({ length: 10 }, (_, index) => ({ status: index % 2 === 0 ? 429 : 408 }))
    server.script(...failures, { body: { successful_rows: 1 } })
    const result = await server.client().appendData('flights', '1\n', csv)
    expect(server.clock.waits.map((ms) => ms / 1000)).toEqual([60, 2, 60, 4, 60, 8, 60, 16, 60, 32])
    expect(result).toMatchObject({ successfulRows: 1, attemptsTimedOut: 5 })
  })

  it('tries as often as it is told', async () => {
    server.script({ status: 408 })
    await expect(server.client({ retries: 1 }).query('SELECT 1')).rejects.toThrow('with 408 after 2 attempts')
    await expect(server.client({ retries: 0 }).query('SELECT 1')).rejects.toThrow('with 408:')
  })

  it('tries events again after 503 where that is asked for', async () => {
    server.script({ status: 503 })
    const client = server.client({ retryUnavailableEvents: true })
    await expect(client.appendEvent('flights', { a: 1 })).rejects.toMatchObject({ status: 503 })
    expect(server.clock.waits).toEqual([200, 400, 800, 1600, 3000])
    await expect(client.appendData('flights', '1\n', csv)).rejects.toMatchObject({ status: 503 })
    expect(server.clock.waits).toHaveLength(5)
  })

  it('does not try again what cannot help', async () => {
    const client = server.client({ endpoint: 'http://no-such-host.invalid' })
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ status: 0, recovery: 'transient' })
    expect(server.clock.waits).toEqual([])
  })
})

describe('how long a rate limit is waited for', () => {
  const date = 'Sat, 21 Nov 2026 10:02:00 GMT'
  it.each<[string, Record<string, string>, number[]]>([
    ['no header at all', {}, [60, 60, 60, 60, 60]],
    ['seconds', { 'retry-after': '30' }, [60, 65, 125, 245, 485]],
    ['a fraction of seconds', { 'retry-after': '70.5' }, [75.5, 146, 287, 569, 1133]],
    ['a date two minutes ahead', { 'retry-after': date }, [125]],
    ['a date in the past', { 'retry-after': 'Sat, 21 Nov 2026 09:00:00 GMT' }, [60, 60, 60, 60, 60]],
    ['the reset of the limit', { 'x-ratelimit-reset': '100' }, [105, 205, 405, 805, 1605]],
    [
      'both, of which Retry-After counts',
      { 'retry-after': '100', 'x-ratelimit-reset': '7' },
      [105, 205, 405, 805, 1605],
    ],
    ['nonsense and a reset', { 'retry-after': 'soon', 'x-ratelimit-reset': '100' }, [105, 205, 405, 805, 1605]],
    ['nonsense alone', { 'retry-after': 'soon', 'x-ratelimit-reset': '-' }, [60, 60, 60, 60, 60]],
  ])('%s', async (_, headers, waits) => {
    const before = server.clock.now()
    server.clock.advance(Date.parse('2026-11-21T10:00:00Z') - before)
    const refusals = waits.map(() => ({ status: 429, headers }))
    server.script(...refusals, { body: { data: [] } })
    await server.client().query('SELECT 1')
    expect(server.clock.waits.map((ms) => ms / 1000)).toEqual(waits)
  })

  it('adds whole seconds from 0 to 9 at random', async () => {
    for (const [luck, wait] of [
      [0, 100],
      [0.999, 109],
    ] as const) {
      server.clock.luck = luck
      server.clock.waits.length = 0
      server.script({ status: 429, headers: { 'retry-after': '100' } }, {})
      await server.client().query('SELECT 1')
      expect(server.clock.waits).toEqual([wait * 1000])
    }
  })

  it('gives up where waiting would pass the budget, and says so', async () => {
    server.script({ status: 429, headers: { 'retry-after': '1000' }, body: { error: 'Too many imports' } })
    const error = await server
      .client()
      .appendData('flights', '1\n', { ...csv, runId: 'nightly' })
      .catch((thrown) => thrown)
    expect(error).toBeInstanceOf(RateLimitedForTooLongError)
    expect(error).toMatchObject({
      code: 'TINYBIRD_RATE_LIMITED',
      recovery: 'transient',
      details: { status: 429, attempts: 3, elapsedMs: 3_010_000, waitMs: 4_005_000 },
      message:
        'POST /v0/datasources of run nightly was answered with 429 (Too many imports), and another 4005 s of waiting after 3010 s would pass the 3600 s allowed. Send fewer requests, or try again later.',
    })
  })

  it('counts the time the attempts take', async () => {
    server.script((_request, response) => {
      server.clock.advance(3_590_000)
      response.writeHead(408).end()
    })
    await expect(server.client({ retryBudgetMs: 3_591_000 }).query('SELECT 1')).rejects.toBeInstanceOf(
      RateLimitedForTooLongError,
    )
  })

  it('stops waiting when aborted', async () => {
    const controller = new AbortController()
    server.script({ status: 429 })
    const client = server.client({ onMessage: () => controller.abort(new Error('enough')) })
    await expect(client.query('SELECT 1', { signal: controller.signal })).rejects.toThrow('enough')
    expect(server.requests).toHaveLength(1)
  })
})

function withoutBoundary(text: string): string {
  return text.replaceAll(/millrace-[0-9a-f-]{36}/g, 'boundary')
}
