import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataError, FatalError, TransientError } from '@millrace/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SqlConnector } from '../kit/connector.ts'
import { definition as sqlite } from '../sqlite/connector.ts'
import { createMemoryBroker, type MemoryBroker } from './memory-broker.test.fixture.ts'
import { runStream } from './run-stream.ts'
import type { StreamEvent, StreamOptions, StreamSpec } from './types.ts'

let folder: string
let count = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-stream-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Events that a data source took, and what it does to the next batches. */
function dataSource() {
  const taken: string[][] = []
  const failures: (Error | null)[] = []
  let began = () => {}
  let gate = Promise.resolve()
  return {
    taken,
    failures,
    rows: () => taken.flat().map((line) => JSON.parse(line) as Record<string, unknown>),
    /** Holds appends back until it is called; `started` resolves with the first of them. */
    hold() {
      let release = () => {}
      const started = new Promise<void>((resolve) => (began = resolve))
      gate = new Promise<void>((resolve) => (release = resolve))
      return { started, release }
    },
    to: {
      kind: 'tinybird',
      dataSource: 'orders',
      client: {
        async appendEvents(_: string, events: readonly (object | string)[]) {
          began()
          await gate
          const failure = failures.shift()
          if (failure) throw failure
          taken.push(events.map(String))
          return { successfulRows: events.length, quarantinedRows: 0, requests: 1, attemptsTimedOut: 0 }
        },
      },
    } satisfies StreamSpec['to'],
  }
}

function start(broker: MemoryBroker, spec: Partial<StreamSpec> & Pick<StreamSpec, 'to'>, options: StreamOptions = {}) {
  const deadLetter = join(folder, `${count++}`, 'dead.ndjson')
  const events: StreamEvent[] = []
  const running = runStream(
    { from: { connector: broker.connector, stream: 'orders' }, deadLetter, drain: true, ...spec },
    { ...options, onEvent: (event) => events.push(event) },
  )
  const letters = async () =>
    (await readFile(deadLetter, 'utf8').catch(() => ''))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { running, events, letters, deadLetter }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => ({ n: from + index }))

describe('a stream', () => {
  it('writes batches of so many rows and bytes, and commits each of them', async () => {
    const broker = createMemoryBroker()
    broker.add(...numbers(1, 25))
    const source = dataSource()
    const { running, events } = start(broker, { to: source.to, flush: { rows: 10 } })
    expect(await running).toMatchObject({ messages: 25, rows: 25, deadLetters: 0, flushes: 3 })
    expect(source.taken.map((batch) => batch.length)).toEqual([10, 10, 5])
    expect(broker.committed()).toBe(25)
    expect(events.map(({ type }) => type)).toEqual(['started', 'flushed', 'flushed', 'flushed', 'stopped'])
    broker.add({ text: 'x'.repeat(1000) }, { text: 'y'.repeat(1000) }, { text: 'z' })
    await start(broker, { to: source.to, flush: { bytes: 1500 } }).running
    expect(source.taken.slice(3).map((batch) => batch.length)).toEqual([2, 1])
    expect(broker.closed).toBe(broker.opened)
  })

  it('writes what there is when its time has come', async () => {
    const broker = createMemoryBroker({ waits: true })
    const source = dataSource()
    const controller = new AbortController()
    const seen: number[] = []
    const running = runStream(
      {
        from: { connector: broker.connector, stream: 'orders' },
        ...{ to: source.to, flush: { ms: 50 }, deadLetter: join(folder, 'time.ndjson') },
      },
      {
        signal: controller.signal,
        onEvent(event) {
          if (event.type === 'started') broker.add({ n: 1 })
          if (event.type !== 'flushed') return
          seen.push(event.rows)
          if (seen.length === 1) broker.add({ n: 2 })
          else controller.abort(new Error('enough'))
        },
      },
    )
    expect(await running).toMatchObject({ rows: 2 })
    expect(seen).toEqual([1, 1])
  })

  it('holds no more than one batch while the destination is slow', async () => {
    const broker = createMemoryBroker()
    broker.add(...numbers(1, 1000))
    const source = dataSource()
    const { started, release } = source.hold()
    const { running } = start(broker, { to: source.to, flush: { rows: 20 } })
    await started
    expect(broker.committed()).toBe(0)
    expect(broker.highest).toBe(20)
    release()
    await running
    expect(broker.highest).toBe(20)
    expect(broker.committed()).toBe(1000)
  })

  it('writes and commits what was pulled when it is asked to stop', async () => {
    const broker = createMemoryBroker({ waits: true })
    broker.add(...numbers(1, 5))
    const source = dataSource()
    const controller = new AbortController()
    const { started, release } = source.hold()
    const { running, events } = start(
      broker,
      { to: source.to, drain: false, flush: { rows: 5 } },
      { signal: controller.signal },
    )
    await started
    broker.add(...numbers(6, 10))
    controller.abort(new Error('enough'))
    release()
    expect(await running).toMatchObject({ rows: 5 })
    expect(broker.committed()).toBe(5)
    expect(broker.closed).toBe(1)
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'asked' })
  })

  it('commits nothing when it is stopped at once', async () => {
    const broker = createMemoryBroker()
    broker.add({ n: 1 })
    const source = dataSource()
    const controller = new AbortController()
    const { started, release } = source.hold()
    const { running } = start(broker, { to: source.to }, { abortSignal: controller.signal })
    running.catch(() => {})
    await started
    const reason = new Error('at once')
    controller.abort(reason)
    release()
    await expect(running).rejects.toBe(reason)
    expect(broker.committed()).toBe(0)
    expect(broker.closed).toBe(1)
  })

  it('puts what is not one JSON object, not UTF-8 or too large aside, and goes on', async () => {
    const broker = createMemoryBroker()
    const poison = ['nonsense', '[1]', '1', '', '{"a":1} {"b":2}', 'null'].map((text) => Buffer.from(text))
    const binary = Buffer.from([0xff, 0xfe, 0x00])
    broker.add({ n: 1 }, ...poison, binary, { text: 'x'.repeat(5000) }, { n: 2 })
    const source = dataSource()
    const { running, letters, events } = start(broker, { to: source.to, maxMessageBytes: 1000 })
    expect(await running).toMatchObject({ messages: 10, rows: 2, deadLetters: 8 })
    const written = await letters()
    expect(written.map(({ code }) => code)).toEqual([...poison.map(() => 'NOT_JSON'), 'NOT_UTF8', 'MESSAGE_TOO_LARGE'])
    expect(written[0]).toMatchObject({ payload: 'nonsense', position: 'orders@1', key: 'k', headers: { h: '1' } })
    expect(written[6]).toMatchObject({ payloadBase64: binary.toString('base64') })
    expect(events.filter(({ type }) => type === 'dead-letter')).toHaveLength(8)
    expect(broker.committed()).toBe(10)
  })

  it('finds the rows that the destination refuses, and writes the others', async () => {
    const broker = createMemoryBroker()
    broker.add(...numbers(1, 100))
    const source = dataSource()
    const bad = new Set([17, 18, 99])
    const to: StreamSpec['to'] = {
      ...source.to,
      client: {
        async appendEvents(name, events) {
          const refused = events.find((event) => bad.has(JSON.parse(String(event)).n))
          if (refused) throw new DataError('VALUE_REFUSED', { message: 'A value is refused.' })
          return source.to.client.appendEvents(name, events)
        },
      },
    }
    const { running, letters } = start(broker, { to })
    expect(await running).toMatchObject({ rows: 97, deadLetters: 3 })
    expect(source.rows().map(({ n }) => n)).toEqual(numbers(1, 100).flatMap(({ n }) => (bad.has(n) ? [] : [n])))
    expect((await letters()).map(({ payload }) => payload)).toEqual(['{"n":17}', '{"n":18}', '{"n":99}'])
  })

  it('stops before the batch is committed when there are more dead letters than allowed', async () => {
    const broker = createMemoryBroker()
    broker.add(...numbers(1, 3), Buffer.from('a'), Buffer.from('b'))
    const source = dataSource()
    const { running } = start(broker, { to: source.to, maxDeadLetters: 1 })
    await expect(running).rejects.toMatchObject({ code: 'TOO_MANY_DEAD_LETTERS', recovery: 'data' })
    expect(broker.committed()).toBe(0)
  })

  it('tries a destination again that fails transiently, without committing', async () => {
    const broker = createMemoryBroker()
    broker.add({ n: 1 })
    const source = dataSource()
    const busy = () => new TransientError('BUSY', { message: 'Busy.' })
    source.failures.push(busy(), busy())
    const { running, events } = start(broker, { to: source.to })
    expect(await running).toMatchObject({ rows: 1 })
    expect(events.filter(({ type }) => type === 'retry')).toMatchObject([
      { what: 'destination', attempt: 1, error: { code: 'BUSY' } },
      { what: 'destination', attempt: 2 },
    ])
    source.failures.push(busy(), busy(), busy(), busy())
    broker.add({ n: 2 })
    await expect(start(broker, { to: source.to, retryForMs: 100 }).running).rejects.toMatchObject({ code: 'BUSY' })
    expect(broker.committed()).toBe(1)
  })

  it('no longer waits for a failing destination when it is asked to stop', async () => {
    const broker = createMemoryBroker()
    broker.add({ n: 1 })
    const source = dataSource()
    source.failures.push(...Array.from({ length: 50 }, () => new TransientError('BUSY', { message: 'Busy.' })))
    const controller = new AbortController()
    const reason = new Error('enough')
    const running = runStream(
      {
        from: { connector: broker.connector, stream: 'orders' },
        to: source.to,
        flush: { rows: 1 },
        deadLetter: join(folder, 'x'),
      },
      { signal: controller.signal, onEvent: (event) => event.type === 'retry' && controller.abort(reason) },
    )
    await expect(running).rejects.toBe(reason)
    expect(broker.committed()).toBe(0)
  })

  it('ends with nothing committed when the destination fails for good', async () => {
    const broker = createMemoryBroker()
    broker.add({ n: 1 })
    const source = dataSource()
    source.failures.push(new FatalError('DISK_FULL', { message: 'The disk is full.' }))
    await expect(start(broker, { to: source.to }).running).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(broker.committed()).toBe(0)
    expect(broker.closed).toBe(1)
  })

  it('waits for a broker that is just starting, and gives up at once when it shall not wait', async () => {
    const broker = createMemoryBroker()
    broker.add({ n: 1 })
    const source = dataSource()
    broker.loseConnectionAt('open')
    const { running, events } = start(broker, { to: source.to })
    expect(await running).toMatchObject({ rows: 1 })
    expect(events.slice(0, 2)).toMatchObject([{ type: 'retry', what: 'broker', attempt: 1 }, { type: 'started' }])
    broker.loseConnectionAt('open')
    await expect(start(broker, { to: source.to, retryForMs: 0 }).running).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
    })
  })

  it('stops in order when it is asked to while a lost connection is being mended', async () => {
    const broker = createMemoryBroker()
    broker.loseConnectionAt('pull')
    const controller = new AbortController()
    const events: StreamEvent[] = []
    const spec = { from: { connector: broker.connector, stream: 'orders' }, to: dataSource().to, deadLetter: folder }
    const onEvent = (event: StreamEvent) => {
      events.push(event)
      if (event.type === 'retry') controller.abort(new Error('enough'))
    }
    expect(await runStream(spec, { signal: controller.signal, onEvent })).toMatchObject({ rows: 0 })
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'asked' })
  })

  it('opens the stream anew when a connection is lost, and writes what comes again', async () => {
    const broker = createMemoryBroker()
    broker.add(...numbers(1, 4))
    const source = dataSource()
    broker.loseConnectionAt('pull')
    const { running, events } = start(broker, { to: source.to })
    expect(await running).toMatchObject({ rows: 4 })
    expect(events.find(({ type }) => type === 'retry')).toMatchObject({ what: 'broker' })
    broker.add({ n: 5 })
    broker.loseConnectionAt('commit')
    await start(broker, { to: source.to }).running
    expect(source.rows().map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 5])
    expect(broker.committed()).toBe(5)
    expect(broker.closed).toBe(broker.opened)
  })

  it('keeps the digits of numbers, and adds what is known about the message', async () => {
    const broker = createMemoryBroker()
    broker.add(Buffer.from('{\n "id": 12345678901234567890,\r\n "price": 1.10 }'), {})
    const source = dataSource()
    await start(broker, { to: source.to, metadata: true }).running
    expect(source.taken.flat()).toEqual([
      '{"_key":"k","_position":"orders@0","_time":"1970-01-01T00:00:00.000Z",  "id": 12345678901234567890,   "price": 1.10 }',
      '{"_key":"k","_position":"orders@1","_time":"1970-01-01T00:00:00.000Z"}',
    ])
  })

  it('takes payloads as text', async () => {
    const broker = createMemoryBroker()
    broker.add(Buffer.from('plain "text"\n'), Buffer.from([0xff]))
    const source = dataSource()
    expect(await start(broker, { to: source.to, payload: 'text' }).running).toMatchObject({ rows: 1, deadLetters: 1 })
    expect(source.rows()).toEqual([{ payload: 'plain "text"\n' }])
  })

  it('commits nothing when a dead letter cannot be written', async () => {
    const broker = createMemoryBroker()
    broker.add(Buffer.from('x'))
    const { running } = start(broker, { to: dataSource().to, deadLetter: folder })
    await expect(running).rejects.toMatchObject({ code: 'DEAD_LETTER_NOT_WRITABLE', recovery: 'config' })
    expect(broker.committed()).toBe(0)
  })

  it('ends a dead letter that a crash cut off, and adds to the others', async () => {
    const broker = createMemoryBroker()
    const source = dataSource()
    const path = join(folder, 'cut.ndjson')
    await writeFile(path, '{"half')
    broker.add(Buffer.from('x'))
    await start(broker, { to: source.to, deadLetter: path }).running
    const [first, second] = (await readFile(path, 'utf8')).split('\n')
    expect(first).toBe('{"half')
    expect(JSON.parse(second ?? '')).toMatchObject({ payload: 'x' })
  })
})

describe('a stream into a table', () => {
  async function table(name = `t${count++}`) {
    const connector = sqlite.create({ path: join(folder, `${name}.db`) }) as SqlConnector
    const to: StreamSpec['to'] = { kind: 'table', connector, table: { scope: [], name: 'orders' } }
    return { connector, to, all: () => connector.query('select * from orders order by rowid') }
  }

  it('makes the table, and its columns stay what they are from batch to batch', async () => {
    const { connector, to, all } = await table()
    await using _ = connector
    const broker = createMemoryBroker()
    broker.add({ id: 1, name: 'a', at: '2024-01-01T00:00:00Z', ok: true, price: 1.5, doc: { x: [1] } })
    const first = await start(broker, { to })
    expect(await first.running).toMatchObject({ rows: 1 })
    expect(first.events.find(({ type }) => type === 'columns-added')).toBeDefined()
    broker.add({ id: 2, name: 3, ok: null }, { id: 'x' }, { id: '4', name: 'd', price: 2 }, { id: 5, ok: 'maybe' })
    const second = start(broker, { to })
    expect(await second.running).toMatchObject({ rows: 2, deadLetters: 2 })
    expect((await second.letters()).map(({ code, reason }) => `${code} ${reason}`)).toEqual([
      expect.stringMatching(/^VALUE_DOES_NOT_FIT The value of "id" does not fit .*: "x"$/),
      expect.stringMatching(/^VALUE_DOES_NOT_FIT The value of "ok"/),
    ])
    expect((await all()).map(({ id, name, price }) => [Number(id), name, price])).toEqual([
      [1, 'a', expect.anything()],
      [2, '3', null],
      [4, 'd', expect.anything()],
    ])
  })

  it('adds columns for new keys, drops them, or puts the message aside', async () => {
    const { connector, to, all } = await table()
    await using _ = connector
    await connector.execute('create table orders (id integer not null)')
    const broker = createMemoryBroker()
    broker.add({ id: 1, more: 'x' })
    await start(broker, { to, contract: 'discard' }).running
    expect(await all()).toEqual([{ id: 1 }])
    broker.add({ id: 2, more: 'x' }, { id: 3 })
    const frozen = start(broker, { to, contract: 'freeze' })
    await frozen.running
    expect(await all()).toEqual([{ id: 1 }, { id: 3 }])
    expect(await frozen.letters()).toMatchObject([{ code: 'UNKNOWN_KEY', payload: '{"id":2,"more":"x"}' }])
    broker.add({ id: 4, more: 'x' })
    await start(broker, { to }).running
    expect((await all()).at(-1)).toEqual({ id: 4, more: 'x' })
  })

  it('finds the row that a constraint refuses', async () => {
    const { connector, to, all } = await table()
    await using _ = connector
    await connector.execute('create table orders (id integer primary key, n integer check (n < 10))')
    const broker = createMemoryBroker()
    broker.add(...Array.from({ length: 20 }, (_, id) => ({ id, n: id === 13 ? 99 : 1 })), { id: 0, n: 2 })
    const { running, letters } = start(broker, { to })
    expect(await running).toMatchObject({ rows: 19, deadLetters: 2 })
    expect(await all()).toHaveLength(19)
    expect((await letters()).map(({ payload }) => payload)).toEqual(['{"id":13,"n":99}', '{"id":0,"n":2}'])
  })

  it('follows a table that somebody changes meanwhile', async () => {
    const { connector, to, all } = await table()
    await using _ = connector
    const broker = createMemoryBroker({ waits: true })
    broker.add({ id: 1, note: 'a' })
    let flushes = 0
    const controller = new AbortController()
    await runStream(
      {
        from: { connector: broker.connector, stream: 'orders' },
        ...{ to, flush: { rows: 1 }, deadLetter: join(folder, 'changed.ndjson') },
      },
      {
        signal: controller.signal,
        onEvent(event) {
          if (event.type !== 'flushed') return
          if (++flushes === 3) return controller.abort(new Error('enough'))
          if (flushes === 1) return broker.add({ id: 2, note: 'b' })
          void connector
            .execute('alter table orders rename column note to remark')
            .then(() => broker.add({ id: 3, note: 'c' }))
        },
      },
    )
    expect((await all()).map((row) => [Number(row.id), row.remark, row.note ?? null])).toEqual([
      [1, 'a', null],
      [2, 'b', null],
      [3, null, 'c'],
    ])
  })
})
