import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { servers, signal, startTestServer, type TestServer } from '../database.test.fixture.ts'
import { sql } from '../sql.ts'
import { transaction } from '../transaction.ts'
import { enqueue, migrateOutbox, outboxStatus, reviveMessages } from './outbox.ts'
import { startOutboxReader } from './outbox-reader.ts'
import { type OutboxMessage, readOutbox } from './read-outbox.ts'

describe.each(servers)('$name', ({ binaries }) => {
  let test: TestServer
  beforeAll(async () => {
    if (!binaries) return
    test = await startTestServer(binaries)
    await migrateOutbox(test.db)
  })
  afterAll(async () => await test?.stop())
  beforeEach(async () => {
    if (binaries) await test.db.execute(sql`truncate outbox.message`)
  })
  const onServer = it.skipIf(binaries === undefined)
  const put = (...messages: [key: string, payload: unknown][]) =>
    transaction(test.db, async (trx) => {
      for (const [key, payload] of messages) await enqueue(trx, 'mail', key, payload)
    })
  /** As if the time until the next attempt had passed. */
  const skipDelays = () => test.db.execute(sql`update outbox.message set available_at = now()`)
  const topics = ['mail']

  onServer('hands out what was committed, one at a time for each key, until nothing is left', async () => {
    await put(['a', 1], ['b', 'one'], ['a', [2]], ['a', null])
    const rolledBack = transaction(test.db, async (trx) => {
      await enqueue(trx, 'mail', 'a', 'never')
      throw new Error('rolled back')
    })
    await expect(rolledBack).rejects.toThrow('rolled back')
    await transaction(test.db, (trx) => enqueue(trx, 'other', 'a', 'of another topic'))

    const rounds: unknown[][] = []
    for (let taken = 1; taken > 0; ) {
      const round: unknown[] = []
      taken = await readOutbox(test.db, { topics, handle: async ({ payload }) => void round.push(payload) })
      if (taken > 0) rounds.push(round.sort())
    }
    expect(rounds).toEqual([[1, 'one'], [[2]], [null]])
    expect(await outboxStatus(test.db)).toEqual([{ topic: 'other', waiting: 1, dead: 0, oldest_at: expect.any(Date) }])
  })

  onServer('gives each message to one of several readers, in the order of its key', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e']
    for (let n = 0; n < 20; n++) await put(...keys.map((key): [string, number] => [key, n]))
    const seen = new Map<string, unknown[]>(keys.map((key) => [key, []]))
    const out = new Set<string>()
    let missing = 100
    const done = signal()
    const handle = async ({ key, payload }: OutboxMessage) => {
      expect(out.has(key)).toBe(false)
      out.add(key)
      seen.get(key)?.push(payload)
      await test.db.query(sql`select pg_sleep(0.001)`)
      out.delete(key)
      if (--missing === 0) done.resolve()
    }
    const readers = await Promise.all([1, 2, 3].map(() => startOutboxReader(test.db, { topics, limit: 2, handle })))
    await done.promise
    await Promise.all(readers.map((reader) => reader.close()))
    const inOrder = Array.from({ length: 20 }, (_, n) => n)
    expect([...seen.values()]).toEqual(keys.map(() => inOrder))
    expect(await outboxStatus(test.db)).toEqual([])
  })

  onServer('tries a failed message again before those after it, and gives it up in the end', async () => {
    await put(['a', 'bad'], ['a', 'good'])
    const failures: string[] = []
    const handled: unknown[] = []
    const read = () =>
      readOutbox(test.db, {
        topics,
        maxAttempts: 3,
        handle: async ({ payload, attempts }) => {
          if (payload === 'bad') throw new Error(`no answer from amqp://me:secret99@host at attempt ${attempts}`)
          handled.push(payload)
        },
        onFailure: ({ attempts }, _error, isDead) => failures.push(`${attempts} ${isDead ? 'dead' : 'again'}`),
      })
    expect(await read()).toBe(1)
    expect(await read()).toBe(0)
    for (let round = 0; round < 4; round++) {
      await skipDelays()
      await read()
    }
    expect(failures).toEqual(['1 again', '2 again', '3 dead'])
    expect(handled).toEqual(['good'])
    expect(await test.db.one(sql`select last_error from outbox.message`)).toEqual({
      last_error: 'no answer from amqp://me:***@host at attempt 3',
    })
    expect(await outboxStatus(test.db)).toEqual([{ topic: 'mail', waiting: 0, dead: 1, oldest_at: null }])

    expect(await reviveMessages(test.db, 'mail')).toBe(1)
    const again: unknown[] = []
    await readOutbox(test.db, { topics, handle: async ({ payload }) => void again.push(payload) })
    expect(again).toEqual(['bad'])
  })

  onServer('counts an attempt that takes too long as failed, and tells its handler', async () => {
    await put(['a', 1])
    let reason: unknown
    const taken = await readOutbox(test.db, {
      topics,
      handleTimeoutMs: 50,
      handle: async (_message, abort) => {
        await new Promise((resolve) => abort.addEventListener('abort', resolve))
        reason = abort.reason
      },
    })
    expect(taken).toBe(1)
    expect(reason).toMatchObject({ message: 'It was not handled within 50 ms.' })
    expect(await test.db.one(sql`select attempts, last_error from outbox.message`)).toEqual({
      attempts: 1,
      last_error: 'It was not handled within 50 ms.',
    })
  })

  onServer('hands a message out again whose reader was killed, and gives up one that kills them all', async () => {
    await put(['a', 'deadly'])
    const program = `
      import { openDatabase, readOutbox } from '${new URL('../index.ts', import.meta.url)}'
      const db = await openDatabase({ url: process.env.DATABASE_URL })
      await readOutbox(db, { topics: ['mail'], handle: async () => process.kill(process.pid, 'SIGKILL') })`
    const die = async () => {
      const child = spawn(process.execPath, ['--conditions=@millrace/source', '--input-type=module', '-e', program], {
        stdio: 'inherit',
        env: { ...process.env, DATABASE_URL: test.server.url },
      })
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    }
    await die()
    const handle = async () => expect.unreachable()
    expect(await readOutbox(test.db, { topics, handle })).toBe(0)
    await skipDelays()
    const outcomes: boolean[] = []
    await readOutbox(test.db, {
      ...{ topics, handle, maxAttempts: 1 },
      onFailure: (_message, _error, isDead) => outcomes.push(isDead),
    })
    expect(outcomes).toEqual([true])
    expect(await test.db.one(sql`select last_error from outbox.message`)).toEqual({
      last_error: 'Every reader of this message ended before it was done with it.',
    })
  })

  onServer('lets a reader that was taken for dead change nothing any more', async () => {
    await put(['a', 1])
    const slow = signal()
    const began = signal()
    const first = readOutbox(test.db, {
      topics,
      handle: async () => {
        began.resolve()
        await slow.promise
        throw new Error('late')
      },
    })
    await began.promise
    await skipDelays()
    const seen: number[] = []
    const failing = async ({ attempts }: OutboxMessage) => {
      seen.push(attempts)
      throw new Error('second')
    }
    await readOutbox(test.db, { topics, handle: failing })
    slow.resolve()
    await first
    expect(seen).toEqual([2])
    expect(await test.db.one(sql`select attempts, last_error from outbox.message`)).toEqual({
      attempts: 2,
      last_error: 'second',
    })
  })

  onServer('is woken by what is enqueued, without waiting for its next look', async () => {
    const handled = signal<unknown>()
    await using _reader = await startOutboxReader(test.db, {
      ...{ topics, pollIntervalMs: 600_000 },
      handle: async ({ payload }) => handled.resolve(payload),
    })
    await put(['a', { to: 'me' }])
    expect(await handled.promise).toEqual({ to: 'me' })
  })
})
