import { type ChildProcess, spawn } from 'node:child_process'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isMillraceError } from '@millrace/core'
import { describe, expect, test } from 'vitest'
import type { ConfigValues } from './config-schema.ts'
import { startCuttingProxy } from './cutting-proxy.contract.ts'
import type { ConsumeOptions, StreamConnector, StreamConsumer, StreamMessage } from './stream.ts'

/** What the suite does to a broker. */
export interface ContractBroker {
  /** On this machine; the same after a restart. */
  readonly port: number
  /** Ends the server in good order and starts it again on the same data. */
  restart(how: 'stop'): Promise<void>
}

/** A broker, and what of it differs from others. */
export interface StreamSubject {
  readonly definition: StreamConnector['definition']
  /** Address of the module that exports the definition, which a process of its own imports. Default: by its name. */
  readonly module?: string
  /** Null for an emulator that keeps nothing over a restart and lets anybody in: what needs more is skipped. */
  readonly broker: ContractBroker | null
  /** Such as a folder for positions; the same for every consumer of a test. */
  readonly consumeOptions?: Pick<ConsumeOptions, 'stateDirectory'>
  /** Of the broker; messages of a consumer that vanished come again soon. */
  config(): ConfigValues
  /** Makes an empty stream, and a group's place in it where messages are lost without one; returns its name. */
  createStream(): Promise<string>
  publish(stream: string, values: readonly Uint8Array[]): Promise<void>
  /** Null where a broker makes what is not there, or cannot tell. */
  readonly missingStream: string | null
  /** Whether consumers of one group share its messages; else the last one to come takes over. */
  readonly shares: boolean
  readonly tellsLag: boolean
  /** Whether clients are told addresses to connect to, so that nothing can stand in between. Default false. */
  readonly redirects?: boolean
  /** Connections that the broker has of us. */
  connections?(): Promise<number>
}

/** As this module: `.ts` from source, `.js` when built. */
const extension = extname(fileURLToPath(import.meta.url))
const consumerProgram = fileURLToPath(new URL(`./stream-consumer.contract${extension}`, import.meta.url))
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => Buffer.from(`{"n":${from + index}}`))
const textOf = ({ value }: StreamMessage) => Buffer.from(value).toString()
const numberOf = (message: StreamMessage) => (JSON.parse(textOf(message)) as { n: number }).n
const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const few = { maxMessages: 1000, maxBytes: 1_000_000, waitMs: 200 }

/** Pulls until there are so many messages. */
async function collect(consumer: StreamConsumer, count: number, limits = few): Promise<StreamMessage[]> {
  const messages: StreamMessage[] = []
  while (messages.length < count) {
    const maxMessages = Math.min(limits.maxMessages, count - messages.length)
    messages.push(...(await consumer.pull({ ...limits, maxMessages, waitMs: 1000 })))
  }
  return messages
}

export function describeStreamConnector(name: string, make: () => StreamSubject): void {
  describe(`${name} as a stream`, () => {
    const connect = () => make().definition.create(make().config()) as StreamConnector
    const openConsumer = (stream: string, options: Partial<ConsumeOptions> = {}) =>
      connect().openConsumer({ stream, ...make().consumeOptions, ...options })

    test('messages come in order and as they are, with their place', async () => {
      const stream = await make().createStream()
      const binary = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
      const values = [Buffer.from('{"n":1}'), binary, Buffer.from('ä €'), Buffer.alloc(100_000, 'x')]
      await make().publish(stream, values)
      await using consumer = await openConsumer(stream)
      const messages = await collect(consumer, 4)
      expect(messages.map(({ value }) => Buffer.from(value))).toEqual(values)
      expect(new Set(messages.map(({ position }) => position)).size).toBe(4)
      expect(messages.every(({ position, redelivered }) => position.startsWith(stream) && !redelivered)).toBe(true)
      for (const { time } of messages) if (time) expect(Math.abs(Date.now() - time.getTime())).toBeLessThan(60_000)
      await consumer.commit()
    })

    test('what is committed never comes again, what is not comes again as soon as the consumer is closed', async () => {
      const stream = await make().createStream()
      await make().publish(stream, numbered(1, 10))
      {
        await using consumer = await openConsumer(stream)
        const first = await collect(consumer, 4, { ...few, maxMessages: 4 })
        expect(first.map(numberOf)).toEqual([1, 2, 3, 4])
        await consumer.commit()
        const second = await collect(consumer, 3, { ...few, maxMessages: 3 })
        expect(second.map(numberOf)).toEqual([5, 6, 7])
      }
      await using consumer = await openConsumer(stream)
      const rest = await collect(consumer, 6)
      expect(sorted(rest.map(numberOf))).toEqual(range(5, 10))
      await consumer.commit()
      expect(await consumer.pull(few)).toEqual([])
    })

    test('what a consumer held that was killed comes again', async () => {
      const stream = await make().createStream()
      await make().publish(stream, numbered(1, 20))
      const child = await consumeInProcess(make(), stream, 8)
      expect(child.pulled).toBe(8)
      await child.kill()
      await using consumer = await openConsumer(stream)
      const messages = await collect(consumer, 20)
      expect(sorted(messages.map(numberOf))).toEqual(range(1, 20))
      await consumer.commit()
    })

    test('consumers of one group share its messages', async ({ skip }) => {
      if (!make().shares) skip('the last consumer of a group takes over')
      const stream = await make().createStream()
      await using one = await openConsumer(stream)
      await using two = await openConsumer(stream)
      await make().publish(stream, numbered(1, 400))
      const seen: [number[], number[]] = [[], []]
      while (seen[0].length + seen[1].length < 400) {
        for (const [index, consumer] of [one, two].entries()) {
          const messages = await consumer.pull({ ...few, maxMessages: 20 })
          ;(seen[index] as number[]).push(...messages.map(numberOf))
        }
      }
      expect(seen[0].length).toBeGreaterThan(0)
      expect(seen[1].length).toBeGreaterThan(0)
      expect(sorted(seen.flat())).toEqual(range(1, 400))
      await one.commit()
      await two.commit()
    })

    test('the lag is what is not committed', async ({ skip }) => {
      if (!make().tellsLag) skip('the broker does not tell')
      const stream = await make().createStream()
      await make().publish(stream, numbered(1, 50))
      await using consumer = await openConsumer(stream)
      await collect(consumer, 20, { ...few, maxMessages: 20 })
      expect(await consumer.lag()).toBe(50)
      await consumer.commit()
      expect(await consumer.lag()).toBe(30)
    })

    test('a pull holds no more than it was asked for', async () => {
      const stream = await make().createStream()
      const large = numbered(1, 60).map((value) => Buffer.from(`{"x":"${'y'.repeat(20_000)}",${value.subarray(1)}`))
      await make().publish(stream, large)
      await using consumer = await openConsumer(stream, { maxUncommitted: 40 })
      let count = 0
      while (count < 40) {
        const messages = await consumer.pull({ maxMessages: 7, maxBytes: 10_000_000, waitMs: 1000 })
        expect(messages.length).toBeLessThanOrEqual(7)
        count += messages.length
      }
      expect(count).toBe(40)
      expect(await consumer.pull(few)).toEqual([])
      await consumer.commit()
      // The size of what comes is known only once it has come.
      const bytes = await consumer.pull({ maxMessages: 40, maxBytes: 60_000, waitMs: 1000 })
      expect(bytes.reduce((sum, { value }) => sum + value.length, 0)).toBeLessThanOrEqual(100_000)
    })

    test('a pull waits for the first message, no longer than it may, and ends when it is aborted', async () => {
      const stream = await make().createStream()
      await using consumer = await openConsumer(stream)
      const began = performance.now()
      expect(await consumer.pull({ ...few, waitMs: 150 })).toEqual([])
      expect(performance.now() - began).toBeGreaterThan(100)
      const waiting = consumer.pull({ ...few, waitMs: 20_000 })
      await make().publish(stream, numbered(1, 1))
      expect((await waiting).map(numberOf)).toEqual([1])
      await consumer.commit()
      const controller = new AbortController()
      const aborted = consumer.pull({ ...few, waitMs: 20_000, signal: controller.signal })
      aborted.catch(() => {})
      const reason = new Error('enough')
      setImmediate(() => controller.abort(reason))
      await expect(aborted).rejects.toBe(reason)
    })

    test('a commit is possible after a pull was aborted', async () => {
      const stream = await make().createStream()
      await make().publish(stream, numbered(1, 3))
      {
        await using consumer = await openConsumer(stream)
        await collect(consumer, 3)
        const controller = new AbortController()
        const waiting = consumer.pull({ ...few, waitMs: 20_000, signal: controller.signal })
        waiting.catch(() => {})
        setImmediate(() => controller.abort(new Error('enough')))
        await expect(waiting).rejects.toThrow('enough')
        await consumer.commit()
      }
      await using consumer = await openConsumer(stream)
      expect(await consumer.pull(few)).toEqual([])
    })

    test('nothing is lost when the broker restarts', async ({ skip }) => {
      const { broker, createStream, publish } = make()
      if (!broker) return skip('the emulator keeps nothing over a restart')
      const stream = await createStream()
      await publish(stream, numbered(1, 30))
      let consumer = await openConsumer(stream)
      const seen = (await collect(consumer, 5, { ...few, maxMessages: 5 })).map(numberOf)
      await consumer.commit()
      // A consumer that mends its connection itself keeps what it handed out; a new one gets it again.
      const uncommitted = (await consumer.pull({ ...few, maxMessages: 5 })).map(numberOf)
      await broker.restart('stop')
      while (uncommitted.length < 25) {
        try {
          uncommitted.push(...(await consumer.pull(few)).map(numberOf))
        } catch (error) {
          expect(error, String(error)).toMatchObject({ recovery: 'transient' })
          uncommitted.length = 0
          await consumer[Symbol.asyncDispose]()
          consumer = await untilOpen(() => openConsumer(stream))
        }
      }
      await consumer.commit()
      await consumer[Symbol.asyncDispose]()
      expect(sorted([...new Set([...seen, ...uncommitted])])).toEqual(range(1, 30))
    })

    test('a connection that is cut is a transient error, and what was not committed comes again', async ({ skip }) => {
      const { definition, config, createStream, publish, broker, redirects = false } = make()
      if (!broker) return skip('the emulator keeps nothing over a restart')
      if (redirects) skip('the broker sends clients past the proxy')
      const stream = await createStream()
      await publish(stream, numbered(1, 6))
      const connector = (port: number) => definition.create({ ...config(), port }) as StreamConnector
      await using proxy = await startCuttingProxy(broker.port)
      const cut = await connector(proxy.port).openConsumer({ stream })
      await collect(cut, 2, { ...few, maxMessages: 2 })
      await cut.commit()
      await collect(cut, 2, { ...few, maxMessages: 2 })
      proxy.cutAll()
      await expect(cut.commit()).rejects.toMatchObject({ recovery: 'transient' })
      await expect(cut.pull(few)).rejects.toMatchObject({ recovery: 'transient' })
      await expect(connector(proxy.port).openConsumer({ stream })).rejects.toMatchObject({ recovery: 'transient' })
      await cut[Symbol.asyncDispose]()
      await using consumer = await openConsumer(stream)
      expect(sorted((await collect(consumer, 4)).map(numberOf))).toEqual(range(3, 6))
      await consumer.commit()
    })

    test('a stream that is not there is a configuration error', async ({ skip }) => {
      const { missingStream } = make()
      if (missingStream === null) skip('the broker makes it')
      await expect(openConsumer(missingStream as string)).rejects.toMatchObject({
        recovery: 'config',
        code: 'STREAM_NOT_FOUND',
      })
    })

    test('a wrong password and an absent server are told apart, without the password', async ({ skip }) => {
      if (!make().broker) skip('the emulator lets anybody in')
      const { definition, config } = make()
      const stream = await make().createStream()
      const password = 'w/r:o@ng secret'
      const wrong = definition.create({ ...config(), password }) as StreamConnector
      const tried = await wrong.testConnection()
      expect(tried.ok).toBe(false)
      const refused = await wrong.openConsumer({ stream }).catch((error: unknown) => error)
      expect(refused).toMatchObject({ recovery: 'config', code: 'AUTHENTICATION_FAILED' })
      for (const text of [tried.message, shown(refused)]) expect(text).not.toMatch(/w\/r:o@ng|w%2Fr/)
      const absent = definition.create({ ...config(), port: 1 }) as StreamConnector
      expect((await absent.testConnection()).ok).toBe(false)
      await expect(absent.openConsumer({ stream })).rejects.toMatchObject({ recovery: 'transient' })
    })

    test('a connection can be tried', async () => {
      await using connector = connect()
      const tried = await connector.testConnection()
      expect(tried, tried.message).toMatchObject({ ok: true })
      expect(tried.message).not.toContain(String(make().config().password))
      expect(connector.label).not.toContain(String(make().config().password))
    })

    test('disposal closes every connection', async ({ skip }) => {
      const { connections } = make()
      if (!connections) skip('the broker does not tell')
      const stream = await make().createStream()
      const before = await connections?.()
      const consumer = await openConsumer(stream)
      await consumer.pull({ ...few, waitMs: 10 })
      expect(await connections?.()).toBeGreaterThan(Number(before))
      await consumer[Symbol.asyncDispose]()
      await consumer[Symbol.asyncDispose]()
      // The broker takes a moment to see a closed connection.
      while (Number(await connections?.()) > Number(before)) await turn()
    })
  })
}

async function untilOpen(open: () => Promise<StreamConsumer>): Promise<StreamConsumer> {
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (!isMillraceError(error) || error.recovery !== 'transient') throw error
    }
  }
}

function shown(error: unknown): string {
  const { message = '', details = {}, cause, stack = '' } = error as Error & { details?: object }
  return `${message} ${JSON.stringify(details)} ${stack} ${cause instanceof Error ? shown(cause) : String(cause)}`
}

/** A consumer in a process of its own, which can be killed. */
async function consumeInProcess(subject: StreamSubject, stream: string, count: number) {
  const { definition, module } = subject
  const options = subject.consumeOptions ?? {}
  const given = JSON.stringify({ name: definition.name, module, config: subject.config(), stream, count, options })
  const conditions = extension === '.ts' ? ['--conditions=@millrace/source'] : []
  const child: ChildProcess = spawn(process.execPath, [...conditions, consumerProgram, given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const [line] = await Promise.race([
    new Promise<[string]>((resolve) => lines.once('line', (text: string) => resolve([text]))),
    ended.then(() => ['0'] as const),
  ])
  return {
    pulled: Number(line),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
