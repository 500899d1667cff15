import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { HTTPError } from './errors.ts'
import { type ScriptedServer, startScriptedServer } from './scripted-server.test.fixture.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await startScriptedServer()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.requests.length = 0
  server.clock.waits.length = 0
  server.script(written)
})

/** Counts the lines, as the API does. */
const written = { body: { successful_rows: 1, quarantined_rows: 0 } }
const texts = () => server.requests.map(({ text }) => text)

describe('events', () => {
  it('are compressed lines that are waited for', async () => {
    const event = { at: new Date('2026-11-21T10:00:00.5Z'), big: 18446744073709551615n, text: 'a\nb', none: undefined }
    const result = await server.client().appendEvents('flights', [event, '{\n  "b": 2\n}\n'])
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      url: '/v0/events?name=flights&wait=true',
      headers: { 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson; charset=utf-8' },
      text: '{"at":"2026-11-21T10:00:00.500Z","big":18446744073709551615,"text":"a\\nb"}\n{ "b": 2 }\n',
    })
    expect(result).toEqual({ successfulRows: 1, quarantinedRows: 0, requests: 1, attemptsTimedOut: 0 })
  })

  it('that may have been written twice are counted, under the name of their run', async () => {
    server.script({ status: 408 }, written)
    const result = await server.client().appendEvents('flights', [{ a: 1 }], { runId: 'run-9' })
    expect(result.attemptsTimedOut).toBe(1)
    expect(server.requests.map(({ headers }) => headers['x-millrace-run'])).toEqual(['run-9', 'run-9'])
  })

  it('can go plain and without waiting', async () => {
    server.script({ status: 202, body: { successful_rows: 1, quarantine_rows: 2 } })
    const result = await server.client().appendEvent('flights', { a: 1 }, { wait: false, gzip: false })
    expect(server.requests[0]?.url).toBe('/v0/events?name=flights&wait=false')
    expect(server.requests[0]?.headers['content-encoding']).toBeUndefined()
    expect(String(server.requests[0]?.raw)).toBe('{"a":1}\n')
    expect(result.quarantinedRows).toBe(2)
  })

  it('make no request when there are none', async () => {
    expect(await server.client().appendEvents('flights', [])).toEqual({
      successfulRows: 0,
      quarantinedRows: 0,
      requests: 0,
      attemptsTimedOut: 0,
    })
    expect(server.requests).toEqual([])
  })

  it('go in parts of the size allowed, and one that is larger goes alone', async () => {
    const events = ['"1"', '"2"', '"3"', `"${'4'.repeat(20)}"`, '"5"']
    const result = await server.client().appendEvents('flights', events, { maxBytes: 8 })
    expect(texts()).toEqual(['"1"\n"2"\n', '"3"\n', `"${'4'.repeat(20)}"\n`, '"5"\n'])
    expect(result).toEqual({ successfulRows: 4, quarantinedRows: 0, requests: 4, attemptsTimedOut: 0 })
  })

  it('are halved as long as the server calls them too large', async () => {
    const tooLarge = { status: 413, body: { error: 'Payload too large' } }
    server.script(tooLarge, tooLarge, written, written, written)
    const result = await server.client().appendEvents('flights', ['1', '2', '3', '4', '5'])
    expect(texts()).toEqual(['1\n2\n3\n4\n5\n', '1\n2\n3\n', '1\n2\n', '3\n', '4\n5\n'])
    expect(result).toEqual({ successfulRows: 3, quarantinedRows: 0, requests: 5, attemptsTimedOut: 0 })
  })

  it('fail when one alone is too large, and tell which were written', async () => {
    const tooLarge = { status: 413, body: { error: 'Payload too large' } }
    server.script(tooLarge, written, tooLarge, written, tooLarge)
    const error = await server
      .client()
      .appendEvents('flights', ['1', '2', '3', '4'])
      .catch((thrown) => thrown)
    expect(texts()).toEqual(['1\n2\n3\n4\n', '1\n2\n', '3\n4\n', '3\n', '4\n'])
    expect(error).toBeInstanceOf(HTTPError)
    expect(error).toMatchObject({ status: 413, recovery: 'data', details: { writtenEvents: 3, events: 4 } })
    expect(error.message).toMatch(/The first 3 of 4 events are written\.$/)
  })

  it('that were written in part are for the caller to judge', async () => {
    server.script({ status: 422, body: { error: 'A materialized view failed', import_id: 'imp-2' } })
    const error = await server
      .client()
      .appendEvents('flights', [{ a: 1 }])
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ status: 422, recovery: 'data', details: { importId: 'imp-2' } })
    expect(error.message).toContain('may duplicate some')
    expect(server.requests).toHaveLength(1)
  })
})

describe('a batch of events', () => {
  it('is sent when the next event would not fit', async () => {
    await using batcher = server.client({ clock: heldClock() }).batchEvents('flights', { flushBytes: 8 })
    for (let n = 1; n <= 5; n++) await batcher.append(`"${n}"`)
    const result = await batcher.flush()
    expect(texts().join('')).toBe('"1"\n"2"\n"3"\n"4"\n"5"\n')
    expect(server.requests).toHaveLength(3)
    expect(result).toEqual({ successfulRows: 3, quarantinedRows: 0, requests: 3, attemptsTimedOut: 0 })
    expect(await batcher.flush()).toEqual({ successfulRows: 0, quarantinedRows: 0, requests: 0, attemptsTimedOut: 0 })
  })

  it('is sent when its first event has waited long enough', async () => {
    const clock = heldClock()
    const arrived = Promise.withResolvers<void>()
    server.script((request, response) => {
      request.resume().on('end', () => response.end('{"successful_rows":2}', () => arrived.resolve()))
    })
    await using batcher = server.client({ clock }).batchEvents('flights', { flushMs: 250 })
    await batcher.append({ a: 1 })
    await batcher.append({ a: 2 })
    expect(clock.sleeping()).toEqual([250])
    clock.wake()
    await arrived.promise
    expect(await batcher.flush()).toEqual({ successfulRows: 2, quarantinedRows: 0, requests: 1, attemptsTimedOut: 0 })
    expect(clock.sleeping()).toEqual([])
  })

  it('sends what is left at the end, and leaves no timer', async () => {
    const clock = heldClock()
    {
      await using batcher = server.client({ clock }).batchEvents('flights')
      await batcher.append({ a: 1 })
      expect(server.requests).toEqual([])
    }
    expect(texts()).toEqual(['{"a":1}\n'])
    expect(clock.sleeping()).toEqual([])
  })

  it('makes the caller wait while a request runs and the next batch is full', async () => {
    const held: (() => void)[] = []
    const arrivals = Promise.withResolvers<void>()
    server.script((request, response) => {
      request.resume().on('end', () => {
        held.push(() => response.end('{"successful_rows":1}'))
        arrivals.resolve()
      })
    })
    const batcher = server.client({ clock: heldClock() }).batchEvents('flights', { flushBytes: 8 })
    await batcher.append('"1"')
    await batcher.append('"2"')
    await arrivals.promise
    await batcher.append('"3"')
    await batcher.append('"4"')
    let room = false
    const waiting = batcher.append('"5"').then(() => {
      room = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect([held.length, room]).toEqual([1, false])
    server.script(written)
    held[0]?.()
    await waiting
    await batcher[Symbol.asyncDispose]()
    expect(texts()).toEqual(['"3"\n"4"\n', '"5"\n'])
  })

  it('keeps the order of events that are appended at once', async () => {
    await using batcher = server.client({ clock: heldClock() }).batchEvents('flights', { flushBytes: 40 })
    await Promise.all(Array.from({ length: 100 }, (_, n) => batcher.append({ n })))
    await batcher.flush()
    expect(texts().join('').trim().split('\n')).toEqual(Array.from({ length: 100 }, (_, n) => `{"n":${n}}`))
  })

  it('tells a failed request to the next call, once, and then goes on', async () => {
    server.script({ status: 400, body: { error: 'no such column' } }, written)
    const batcher = server.client({ clock: heldClock() }).batchEvents('flights', { flushBytes: 4 })
    await batcher.append('"1"')
    await expect(batcher.flush()).rejects.toThrow('no such column')
    await batcher.append('"2"')
    expect(await batcher.flush()).toMatchObject({ successfulRows: 1 })

    server.script({ status: 400, body: { error: 'no such column' } }, written)
    await batcher.append('"3"')
    await expect(batcher[Symbol.asyncDispose]()).rejects.toThrow('no such column')
  })

  it('keeps what has gathered when an earlier request failed', async () => {
    const clock = heldClock()
    server.script({ status: 500 }, written)
    const batcher = server.client({ clock }).batchEvents('flights', { flushBytes: 8 })
    await batcher.append('"1"')
    await batcher.append('"2"')
    await batcher.append('"3"')
    await expect(batcher.flush()).rejects.toMatchObject({ status: 500 })
    expect(await batcher.flush()).toMatchObject({ successfulRows: 1 })
    expect(texts()).toEqual(['"1"\n"2"\n', '"3"\n'])
    await batcher[Symbol.asyncDispose]()
    expect(clock.sleeping()).toEqual([])
  })
})

/** Sleeps until it is woken. */
function heldClock() {
  const sleepers = new Map<() => void, number>()
  return {
    now: () => 0,
    random: () => 0,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        sleepers.set(resolve, ms)
        signal?.addEventListener('abort', () => {
          sleepers.delete(resolve)
          reject(signal.reason)
        })
      }),
    sleeping: () => [...sleepers.values()],
    wake() {
      for (const resolve of sleepers.keys()) resolve()
      sleepers.clear()
    },
  }
}
