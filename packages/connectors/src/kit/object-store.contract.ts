import { createHash, randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ConfigValues } from './config-schema.ts'
import type { ConnectorDefinition } from './connector.ts'
import { startCuttingProxy } from './cutting-proxy.contract.ts'
import type { ObjectReadOptions, ObjectStore, ObjectStoreConnector } from './object-store.ts'
import { secretsOf } from './redact.ts'

/** What an object store has to bring to be held to the contract. */
export interface ObjectStoreSamples {
  readonly definition: ConnectorDefinition & { readonly kind: 'object-store' }
  /** Of an empty bucket that nobody else uses. */
  readonly config: ConfigValues
  /** The same through another port; null for a store without a network. */
  readonly network: { readonly port: number; through(port: number): ConfigValues } | null
  /** Configurations that cannot work: wrong secret, nobody listening, no such bucket. */
  readonly unreachable: readonly { readonly name: string; readonly config: ConfigValues }[]
  /** A bucket that does not exist; null where that means an empty one. */
  readonly missingBucket: string | null
  /** Parts of writes that nobody finished, which no listing shows; null where there are none. */
  readonly unfinished: (() => Promise<readonly string[]>) | null
  /** Whether addresses can be signed, and what the store answers to a wrong signature. */
  readonly signed: boolean
  /** Whether the store itself refuses signatures that are wrong or too old. */
  readonly checksSignatures: boolean
  /** Keys beyond those of all stores. */
  readonly awkwardKeys: readonly string[]
  /** Whether listings sort characters beyond the basic plane behind all others, as their bytes are. */
  readonly sortsBytes: boolean
  /** In MiB, more than what may be in memory at once. */
  readonly large: number
  /** How many objects are some pages of a listing. */
  readonly many: number
  /** Whether the end of a large write can be conditional too. */
  readonly largeConditions: boolean
}

const mebibyte = 2 ** 20
const commonKeys = [
  'plain.csv',
  'with space',
  'a+b',
  'ünïcode/表.csv',
  "it's 100%",
  'q?x=1&y=2#z',
  'emoji😀',
  'half\uffee',
]

/** What every object store has to do. */
export function describeObjectStore(name: string, samples: () => ObjectStoreSamples): void {
  describe(`${name} keeps the contract of object stores`, () => {
    let given: ObjectStoreSamples
    let connector: ObjectStoreConnector
    let store: ObjectStore
    const open = (config: ConfigValues) => given.definition.create(config) as ObjectStoreConnector

    beforeAll(() => {
      given = samples()
      connector = open(given.config)
      store = connector.bucket()
    })
    afterEach(async () => {
      // Before the clean-up, which would take unfinished writes with it.
      expect(await given.unfinished?.()).toEqual(given.unfinished ? [] : undefined)
      await store.rmtree('')
      expect(await store.ls('')).toEqual([])
    })
    afterAll(async () => {
      await connector[Symbol.asyncDispose]()
    })

    const put = (key: string, text: string) => store.write(key, [Buffer.from(text)])
    const text = async (key: string, options?: ObjectReadOptions) => (await bytes(store, key, options)).toString()

    test('testConnection answers, and never throws or tells a secret', async () => {
      expect(await connector.testConnection()).toMatchObject({ ok: true, message: expect.any(String) })
      for (const { name, config } of given.unreachable) {
        await using broken = open(config)
        const { ok, message } = await broken.testConnection()
        expect({ name, ok }).toEqual({ name, ok: false })
        for (const secret of secretsOf(given.definition.configSchema, config)) expect(message).not.toContain(secret)
      }
    })

    test('what is written is read, from nothing to several parts', async () => {
      for (const [index, size] of [0, 1, 5 * mebibyte, 8 * mebibyte, 8 * mebibyte + 1, 27 * mebibyte + 3].entries()) {
        const content = randomBytes(size)
        const info = await store.write(`sizes/${index}`, pieces(content, 700_001))
        expect(info).toMatchObject({ key: `sizes/${index}`, size })
        const found = await store.stat(`sizes/${index}`)
        expect(found).toMatchObject({ key: info.key, size, etag: info.etag, modifiedAt: expect.any(Date) })
        expect(digest(await bytes(store, info.key))).toBe(digest(content))
      }
      expect(store.uri('sizes/1')).toMatch(/:\/\/.*\/sizes\/1$/)
    })

    test('a producer may use its buffer again', async () => {
      const buffer = Buffer.alloc(mebibyte)
      async function* content() {
        for (let index = 0; index < 20; index++) yield buffer.fill(index)
      }
      await store.write('reused', content())
      const expected = Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.alloc(mebibyte, index)))
      expect(digest(await bytes(store, 'reused'))).toBe(digest(expected))
    })

    test('ranges are read as they are asked for', async () => {
      await put('range', '0123456789')
      await put('empty', '')
      const ranges = [
        {},
        { start: 3 },
        { end: 4 },
        { start: 2, end: 5 },
        { start: 9, end: 99 },
        { start: 4, end: 4 },
        { start: 10 },
        { start: 50, end: 60 },
      ]
      const found = await Promise.all(ranges.map((range) => text('range', range)))
      expect(found).toEqual(['0123456789', '3456789', '0123', '234', '9', '', '', ''])
      expect(await text('empty')).toBe('')
      expect(await text('empty', { start: 0, end: 5 })).toBe('')
    })

    test('a reader that stops early leaves nothing hanging', async () => {
      await store.write('long', pieces(randomBytes(20 * mebibyte), mebibyte))
      for await (const first of store.read('long')) {
        expect(first.length).toBeGreaterThan(0)
        break
      }
      expect((await bytes(store, 'long')).length).toBe(20 * mebibyte)
    })

    test('an object that became another one is not read on', async () => {
      const { etag } = await put('changing', 'one')
      expect(etag).toEqual(expect.any(String))
      const pinned = { etag: etag as string }
      expect(await text('changing', pinned)).toBe('one')
      await put('changing', 'two')
      await expect(text('changing', pinned)).rejects.toMatchObject({ code: 'OBJECT_CHANGED' })
      await expect(text('changing', { ...pinned, start: 1 })).rejects.toMatchObject({ code: 'OBJECT_CHANGED' })
      await store.rm('changing')
      await expect(text('changing')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
      await expect(text('changing', pinned)).rejects.toMatchObject({
        code: expect.stringMatching(/^OBJECT_(CHANGED|NOT_FOUND)$/),
      })
      expect(await store.stat('changing')).toBeNull()
    })

    test('writes can depend on what is there', async () => {
      const first = await store.write('once', [Buffer.from('first')], { ifAbsent: true })
      await expect(store.write('once', [Buffer.from('x')], { ifAbsent: true })).rejects.toMatchObject({
        code: 'OBJECT_EXISTS',
      })
      await expect(store.write('none', [Buffer.from('x')], { ifEtag: first.etag as string })).rejects.toMatchObject({
        code: 'OBJECT_CHANGED',
      })
      const second = await store.write('once', [Buffer.from('second')], { ifEtag: first.etag as string })
      expect(second.etag).not.toBe(first.etag)
      await expect(store.write('once', [Buffer.from('third')], { ifEtag: first.etag as string })).rejects.toMatchObject(
        { code: 'OBJECT_CHANGED' },
      )
      const large = () => pieces(Buffer.alloc(18 * mebibyte), mebibyte)
      await expect(store.write('once', large(), { ifAbsent: true })).rejects.toMatchObject({ code: 'OBJECT_EXISTS' })
      expect(await text('once')).toBe('second')
      expect(await store.ls('')).toEqual(['once'])
    })

    test('of several writers at once, one wins', async () => {
      const race = async (key: string, size: number, condition: { ifAbsent: true } | { ifEtag: string }) => {
        const writers = Array.from({ length: 6 }, (_, index) =>
          store.write(key, pieces(Buffer.alloc(size, index), mebibyte), condition).then(
            () => index,
            (error: { code: string }) => error.code,
          ),
        )
        const outcomes = await Promise.all(writers)
        const winners = outcomes.filter((outcome) => typeof outcome === 'number')
        expect(outcomes.filter((outcome) => typeof outcome !== 'number')).toEqual(
          Array(5).fill('ifAbsent' in condition ? 'OBJECT_EXISTS' : 'OBJECT_CHANGED'),
        )
        expect((await bytes(store, key, { end: 1 }))[0]).toBe(winners[0])
      }
      await race('race', 10, { ifAbsent: true })
      await race('race', 12, { ifEtag: (await store.stat('race'))?.etag as string })
      if (given.largeConditions) await race('large', 10 * mebibyte, { ifAbsent: true })
    })

    test('lists what is below a folder, in the order of bytes', async () => {
      const keys = ['a-b', 'a.b', 'a/b.c', 'a/b/c', 'a/é', 'a/\uffee', 'ab/c', 'b']
      if (given.sortsBytes) keys.push('a/😀')
      for (const key of keys) await put(key, key)
      const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(await store.ls('')).toEqual(sorted)
      const below = sorted.filter((key) => key.startsWith('a/'))
      expect(await store.ls('a')).toEqual(below)
      expect(await store.ls('a/')).toEqual(below)
      expect(await store.ls('a/b')).toEqual(['a/b/c'])
      expect(await store.ls('nothing')).toEqual([])
      for (const after of ['a', 'a-b', 'a/b', 'a/b/', 'a/b/c', 'a/b/d', 'a/\uffee', 'zz']) {
        const found = (await collect(store.list('', { after }))).map(({ key }) => key)
        expect({ after, found }).toEqual({
          after,
          found: sorted.filter((key) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0),
        })
      }
      const { size, etag } = (await store.stat('a/b/c')) ?? {}
      expect(await collect(store.list('a/b'))).toMatchObject([{ key: 'a/b/c', size, etag }])
    })

    test('lists and removes many objects page by page', { timeout: 300_000 }, async () => {
      const keys = Array.from(
        { length: given.many },
        (_, index) => `many/${String(index % 200).padStart(3, '0')}/${index}`,
      )
      const queue = keys.values()
      const writer = async () => {
        for (const key of queue) await put(key, '')
      }
      await Promise.all(Array.from({ length: 16 }, writer))
      await put('many-not', '')
      expect(await store.ls('many')).toEqual(keys.toSorted())
      await store.rmtree('many')
      expect(await store.ls('')).toEqual(['many-not'])
    })

    test('keys hold any character', async () => {
      const keys = [...commonKeys, ...given.awkwardKeys]
      for (const key of keys) await put(key, key)
      expect(new Set(await store.ls(''))).toEqual(new Set(keys))
      for (const key of keys) {
        expect(await text(key)).toBe(key)
        expect(await store.stat(key)).toMatchObject({ key, size: Buffer.byteLength(key) })
        if (!given.signed) continue
        const answer = await fetch(await store.publicUrl(key))
        expect({ key, text: await answer.text() }).toEqual({ key, text: key })
      }
      expect(await text((await store.compose(keys, 'joined')).key)).toBe(keys.join(''))
      for (const key of keys) await store.rm(key)
      expect(await store.ls('')).toEqual(['joined'])
      for (const key of ['', '/a', 'a/']) {
        await expect(put(key, 'x')).rejects.toMatchObject({ code: 'INVALID_KEY' })
      }
    })

    test('addresses are signed, for a while', async (context) => {
      await put('signed', 'for all')
      if (!given.signed) {
        await expect(store.publicUrl('signed')).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
        return
      }
      await put('other', 'secret')
      const url = await store.publicUrl('signed')
      expect(await (await fetch(url)).text()).toBe('for all')
      for (const expiresInSeconds of [0, 604_801, 1.5]) {
        await expect(store.publicUrl('signed', { expiresInSeconds })).rejects.toMatchObject({ code: 'INVALID_EXPIRY' })
      }
      if (!given.checksSignatures) return context.skip('the server does not check signatures')
      expect((await fetch(url.replace('/signed?', '/other?'))).status).toBe(403)
      const short = await store.publicUrl('signed', { expiresInSeconds: 1 })
      await expect.poll(async () => (await fetch(short)).status).toBe(403)
    })

    test('removing what is not there is fine', async () => {
      for (const key of ['a/b/c', 'ab']) await put(key, key)
      await store.rm('nothing')
      await store.rm('nothing')
      await store.rm('a')
      await store.rmtree('nothing')
      expect(await store.ls('')).toEqual(['a/b/c', 'ab'])
      await store.rmtree('a')
      await store.rmtree('a/')
      expect(await store.ls('')).toEqual(['ab'])
    })

    test('joins objects of all sizes in their order', async () => {
      const sizes = [3, 12, 0, 5, 4.999, 0.001, 6, 1].map((size) => Math.round(size * mebibyte))
      const parts = sizes.map((size) => randomBytes(size))
      const keys = parts.map((_, index) => `parts/${index}`)
      for (const [index, part] of parts.entries()) await store.write(keys[index] as string, pieces(part, mebibyte))
      for (const take of [
        keys,
        [],
        keys.slice(2, 3),
        keys.slice(1, 2),
        keys.slice(0, 2),
        keys.slice(4),
        [...keys, ...keys],
      ]) {
        const expected = Buffer.concat(take.map((key) => parts[keys.indexOf(key)] as Buffer))
        const joined = await store.compose(take, 'joined')
        expect(joined).toMatchObject({ key: 'joined', size: expected.length })
        expect(await store.stat('joined')).toMatchObject({ size: expected.length, etag: joined.etag })
        expect(digest(await bytes(store, 'joined'))).toBe(digest(expected))
      }
      expect(await store.ls('')).toEqual(['joined', ...keys])
      await expect(store.compose(['parts/1', 'nothing'], 'failed')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
      expect(await store.stat('failed')).toBeNull()
    })

    test('joins many small objects', async () => {
      const keys = Array.from({ length: 140 }, (_, index) => `small/${String(index).padStart(3, '0')}`)
      await Promise.all(keys.map((key) => put(key, `${key}\n`)))
      await store.compose(keys, 'joined')
      expect(await text('joined')).toBe(keys.map((key) => `${key}\n`).join(''))
      expect(await store.ls('')).toEqual(['joined', ...keys])
    })

    test('cat joins the objects of a folder, takes a single one as it is, and finds nothing in none', async () => {
      expect(await store.cat('dir')).toBeNull()
      await put('dir/a', 'one,')
      await put('dirt', 'no')
      expect(await store.cat('dir')).toBe('dir/a')
      expect(await store.cat('dir/a')).toBe('dir/a')
      await put('dir/b', 'two,')
      await put('dir/c/d', 'three')
      const key = await store.cat('dir/')
      expect(key).toMatch(/^dir\/[0-9a-f-]{36}\.cdk$/)
      expect(await text(key as string)).toBe('one,two,three')
    })

    test('a write that fails leaves nothing and changes nothing', async () => {
      await put('kept', 'former')
      for (const size of [0, 3, 30]) {
        const failing = async function* () {
          for (let index = 0; index < size; index++) yield Buffer.alloc(mebibyte)
          throw new Error('the producer failed')
        }
        await expect(store.write('kept', failing())).rejects.toThrow('the producer failed')
        await expect(store.write(`deep/new/${size}`, failing())).rejects.toThrow('the producer failed')
        expect(await given.unfinished?.()).toEqual(given.unfinished ? [] : undefined)
      }
      expect(await text('kept')).toBe('former')
      expect(await store.ls('')).toEqual(['kept'])
    })

    test('a write can be aborted while its content hangs', async () => {
      const stop = new AbortController()
      const hanging = async function* () {
        for (let index = 0; index < 20; index++) yield Buffer.alloc(mebibyte)
        setImmediate(() => stop.abort(new Error('stopped')))
        await new Promise(() => {})
      }
      await expect(store.write('hanging', hanging(), { signal: stop.signal })).rejects.toThrow('stopped')
      await expect(store.write('hanging', [], { signal: stop.signal })).rejects.toThrow('stopped')
      await expect(store.ls('', stop.signal)).rejects.toThrow('stopped')
      await expect(bytes(store, 'hanging', { signal: stop.signal })).rejects.toThrow('stopped')
      expect(await store.ls('')).toEqual([])
    })

    test('a bucket that does not exist is said to be so', async () => {
      if (given.missingBucket === null) return
      const missing = connector.bucket(given.missingBucket)
      const attempts = [
        () => missing.ls(''),
        () => missing.stat('a'),
        () => bytes(missing, 'a'),
        () => missing.write('a', []),
        () => missing.write('a', pieces(Buffer.alloc(20 * mebibyte), mebibyte)),
        () => missing.rmtree('a'),
      ]
      for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'BUCKET_NOT_FOUND' })
    })

    test('memory does not grow with what is written and read', async () => {
      const block = randomBytes(mebibyte)
      let highest = 0
      const before = process.memoryUsage().rss
      const measure = () => {
        highest = Math.max(highest, process.memoryUsage().rss - before)
      }
      async function* content() {
        for (let index = 0; index < given.large; index++) {
          yield block
          measure()
        }
      }
      await store.write('big', content())
      let size = 0
      for await (const piece of store.read('big')) {
        size += piece.length
        measure()
      }
      expect(size).toBe(given.large * mebibyte)
      expect(highest / mebibyte).toBeLessThan(given.large * 0.7)
    })

    test('a cut connection is gone over in reading, and is a clean error or none in writing', async () => {
      if (given.network === null) return
      await using proxy = await startCuttingProxy(given.network.port)
      await using shaky = open(given.network.through(proxy.port))
      const through = shaky.bucket()
      const content = randomBytes(24 * mebibyte)
      await store.write('whole', pieces(content, mebibyte))

      proxy.cutAfter('response', 3 * mebibyte)
      expect(digest(await bytes(through, 'whole'))).toBe(digest(content))
      expect(proxy.cuts()).toBe(1)

      proxy.cutAfter('request', 5 * mebibyte)
      expect(await through.write('again', pieces(content, mebibyte))).toMatchObject({ size: content.length })
      proxy.cutAfter('request', 2 * mebibyte)
      expect(await through.write('small', pieces(content.subarray(0, 4 * mebibyte), mebibyte))).toMatchObject({
        size: 4 * mebibyte,
      })
      expect(proxy.cuts()).toBe(3)
      expect(digest(await bytes(store, 'again'))).toBe(digest(content))

      proxy.cutAll()
      await expect(through.write('never', pieces(content.subarray(0, 5), 5))).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        recovery: 'transient',
      })
      expect(await store.ls('')).toEqual(['again', 'small', 'whole'])
    })
  })
}

async function bytes(store: ObjectStore, key: string, options?: ObjectReadOptions): Promise<Buffer> {
  return Buffer.concat(await collect(store.read(key, options)))
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

async function* pieces(content: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
