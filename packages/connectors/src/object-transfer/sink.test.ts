import { gunzipSync } from 'node:zlib'
import type { Piece } from '@millrace/formats'
import { beforeEach, describe, expect, test } from 'vitest'
import type { FileTarget } from '../files/place.ts'
import type { LoadSpec, Sink } from '../kit/sink.ts'
import { type Cells, codeOf, column, csvPieces, errorOf, hashOf, id, people } from '../kit/sink-rows.contract.ts'
import { csvTo, loadRows, parquetTo, specOf, writeRows } from './load-rows.test.fixture.ts'
import { createMemoryStore, type MemoryStore } from './memory-store.test.fixture.ts'
import { useOwnTemporaryFolder } from './own-temporary-folder.test.fixture.ts'
import { openObjectSink } from './sink.ts'

useOwnTemporaryFolder()
let store: MemoryStore
let sink: Sink
beforeEach(async () => {
  store = createMemoryStore()
  sink = await openObjectSink(store)
})

const copy = (target: FileTarget, rows: readonly Cells[], options: Partial<LoadSpec> = {}) =>
  loadRows(sink, target, rows, options)

const ada: Cells = ['1', 'Ada', null]
const bob: Cells = ['2', 'Bob "B", the\nbuilder', '']
const cyd: Cells = ['3', 'Cyd', 'éß🦆']
const header = 'id,name,note\n'
const text = (key: string) => store.objects.get(key)?.bytes.toString()
const anew = () => openObjectSink(store)

describe('an object store as a sink', () => {
  const layouts = (['csv', 'ndjson', 'parquet'] as const).flatMap((format) =>
    (format === 'parquet' ? (['none'] as const) : (['none', 'gzip', 'zstd'] as const)).flatMap((compression) =>
      ['lake/people', 'lake/people/', 'lake/people/ by name'].map((path) => [format, compression, path] as const),
    ),
  )
  test.each(layouts)(
    '%s with compression %s at %s hashes to its rows, staged and published',
    async (format, compression, path) => {
      const target = csvTo(path.replace(' by name', ''), {
        format,
        compression,
        ...(path.endsWith('name') ? { partitionBy: ['name'] } : {}),
      })
      const rows = [ada, bob, cyd, cyd]
      const spec = specOf(target)
      await using load = await sink.openLoad(spec, null)
      await Promise.all([writeRows(load, spec, '0001', [cyd, cyd]), writeRows(load, spec, '0000', [ada, bob])])
      expect(await load.stagedCount()).toBe(4)
      expect(await load.stagedHash(people)).toEqual(hashOf(rows))
      expect(await load.stagedHash(people.slice(1, 2))).toEqual(hashOf(rows.map((row) => row.slice(1, 2))))
      expect(await load.publish()).toMatchObject({ inserted: 4 })
      await load.complete()
      expect(await (await anew()).contentHash(target, people)).toEqual(hashOf(rows))
      expect(await (await anew()).count(target)).toBe(4)
      const control = store.keys().filter((key) => key.includes('_millrace'))
      expect(control).toEqual(target.path.endsWith('/') ? ['lake/people/_millrace/manifest.json'] : [])
    },
  )

  test('one object holds the chunks in their order, with one header', async () => {
    await copy(csvTo('a.csv'), [ada, bob])
    expect(text('a.csv')).toBe(`${header}"1","Ada",\n"2","Bob ""B"", the\nbuilder",""\n`)
    await copy(csvTo('b.csv', { csv: { header: false, lineEnd: 'crlf' } }), [ada])
    expect(text('b.csv')).toBe('"1","Ada",\r\n')
    await copy(csvTo('c.csv.gz', { compression: 'gzip' }), [])
    expect(gunzipSync(store.objects.get('c.csv.gz')?.bytes as Buffer).toString()).toBe(header)
    await copy(parquetTo('d.parquet'), [])
    expect(await sink.count(parquetTo('d.parquet'))).toBe(0)
    expect(store.keys()).toEqual(['a.csv', 'b.csv', 'c.csv.gz', 'd.parquet'])
  })

  test('partitions are folders, and odd values come back as they were', async () => {
    const columns = [column('id'), column('k=v'), column('on', { kind: 'boolean' })]
    const odd = ['a/b', '', null, '__HIVE_DEFAULT_PARTITION__', 'ü 🦆', '100%', '..', 'a:b=c', 'x\ny', '%41']
    const rows = odd.map((value, index) => [String(index), value, index % 2 === 0 ? 't' : 'f'])
    const target = parquetTo('odd/', { partitionBy: ['k=v', 'on'] })
    await copy(target, rows, { columns })
    expect(await sink.contentHash(target, columns)).toEqual(hashOf(rows))
    const folders = store.keys().map((key) => key.split('/').slice(1, -1).join('/'))
    expect(folders).toContain('k%3Dv=a%2Fb/on=true')
    expect(folders).toContain('k%3Dv=__HIVE_DEFAULT_PARTITION__/on=true')
    expect(folders).toContain('k%3Dv=%5F_HIVE_DEFAULT_PARTITION__/on=false')
    expect(new Set(folders).size).toBe(odd.length + 1)
  })

  test('a partition of many interleaved rows is one object, and more than 1,000 partitions are refused', async () => {
    const rows = (count: number, folders: number): Cells[] =>
      Array.from({ length: count }, (_, n) => [String(n), `p${n % folders}`, 'x'.repeat(100)])
    const target = csvTo('many/', { partitionBy: ['name'], compression: 'zstd' })
    const many = rows(20_000, 50)
    const result = await copy(target, many)
    expect(result.files).toHaveLength(50)
    expect(await sink.contentHash(target, people)).toEqual(hashOf(many))
    expect(await codeOf(copy(target, rows(1001, 1001)))).toBe('ConfigError TOO_MANY_PARTITIONS')
    expect(store.keys()).toHaveLength(51)
  })

  test('values that are too long for a key, each or together, are refused and leave nothing', async () => {
    const refused = 'DataError PARTITION_VALUE_TOO_LONG'
    expect(await codeOf(copy(csvTo('long/', { partitionBy: ['name'] }), [['1', 'x'.repeat(300), null]]))).toBe(refused)
    const names = ['a', 'b', 'c', 'd', 'e']
    const row = ['1', ...names.map((name) => name.repeat(200))]
    const columns = [id, ...names.map((name) => column(name))]
    const target = csvTo('long/', { partitionBy: names })
    expect(await codeOf(loadRows(sink, target, [row], { columns }))).toBe(refused)
    expect(store.keys()).toEqual([])
  })

  test('a replace leaves only its own objects, an append adds to them', async () => {
    const target = csvTo('people/', { splitRows: 2, compression: 'gzip' })
    expect((await copy(target, [ada, bob, cyd])).files?.map(({ rows }) => rows)).toEqual([2, 1])
    expect(await copy(target, [cyd])).toMatchObject({ inserted: 1, replaced: 3 })
    expect(store.keys()).toHaveLength(2)
    await copy(target, [ada, bob], { mode: 'append' })
    expect(await sink.contentHash(target, people)).toEqual(hashOf([cyd, ada, bob]))
    expect(store.keys()).toHaveLength(3)
  })

  test('an empty replace of rows is refused unless it is allowed', async () => {
    for (const target of [csvTo('people/'), csvTo('people.csv')]) {
      await copy(target, [ada, bob])
      const refused = await errorOf(copy(target, []))
      expect(refused).toMatchObject({ name: 'ConfigError', code: 'EMPTY_REPLACE' })
      expect(await sink.count(target)).toBe(2)
      await copy(target, [], { allowEmpty: true })
      expect(await sink.count(target)).toBe(0)
    }
  })

  test('a plan refuses what cannot be done, in full sentences', async () => {
    const conflicts = async (target: FileTarget, mode: 'append' | 'replace', columns = people) =>
      (await sink.plan(target, columns, 'files', mode)).conflicts.join(' ')
    await store.write('other/data.csv', [Buffer.from('a\n')])
    expect(await conflicts(csvTo('other/'), 'append')).toContain('"data.csv"')
    await copy(csvTo('people/'), [ada])
    expect(await conflicts(csvTo('people/'), 'append')).toBe('')
    expect(await conflicts(parquetTo('people/'), 'append')).toContain('--format')
    expect(await conflicts(csvTo('people/', { partitionBy: ['id'] }), 'append')).toContain('not partitioned')
    expect(await conflicts(csvTo('people/'), 'append', people.slice(1))).toContain('has the columns')
    await copy(csvTo('people.csv'), [ada])
    expect(await conflicts(csvTo('people.csv'), 'append')).toContain('Append to a folder')
    const planned = (target: FileTarget, columns = people) => codeOf(sink.plan(target, columns, 'files', 'replace'))
    expect(await planned(csvTo('a.csv', { partitionBy: ['id'] }))).toBe('ConfigError FOLDER_REQUIRED')
    expect(await planned(csvTo('a/', { partitionBy: ['nope'] }))).toBe('ConfigError COLUMN_NOT_FOUND')
    expect(await planned(csvTo('a/', { partitionBy: ['id', 'name', 'note'] }))).toBe('ConfigError PARTITION_COLUMNS')
    const json = [...people, column('doc', { kind: 'json' })]
    expect(await planned(csvTo('a/', { partitionBy: ['doc'] }), json)).toBe('ConfigError PARTITION_TYPE')
    expect(await codeOf(sink.plan(csvTo('a/'), people, 'files', 'merge'))).toBe('ConfigError MODE_NOT_SUPPORTED')
  })

  test('of two replaces at once one is refused, and leaves nothing; two appends both arrive', async () => {
    const target = csvTo('people/')
    const race = async (mode: 'append' | 'replace') => {
      const specs = [specOf(target, { mode }), specOf(target, { mode })]
      const loads = await Promise.all(specs.map((spec) => sink.openLoad(spec, null)))
      await Promise.all(loads.map((load, n) => writeRows(load, specs[n] as LoadSpec, '0000', [n === 0 ? ada : bob])))
      const ends = await Promise.all(
        loads.map(async (load) => {
          await using _ = load
          const end = await codeOf(load.publish())
          await (end === 'nothing thrown' ? load.complete() : load.abandon())
          return end
        }),
      )
      return ends.sort()
    }
    expect(await race('replace')).toEqual(['ConfigError TARGET_CHANGED', 'nothing thrown'])
    expect(await sink.count(target)).toBe(1)
    expect(store.keys()).toHaveLength(2)
    expect(await race('append')).toEqual(['nothing thrown', 'nothing thrown'])
    expect(await sink.count(target)).toBe(3)
    expect(store.keys()).toHaveLength(4)
  })

  test('two runs of one incremental copy at once do not add the same rows twice', async () => {
    const target = csvTo('people/')
    const state = { key: 'pipeline1', mark: { cursor: '7', keys: ['ü'] } }
    const specs = [1, 2].map(() => specOf(target, { mode: 'append', state }))
    const loads = await Promise.all(specs.map((spec) => sink.openLoad(spec, null)))
    for (const [n, load] of loads.entries()) await writeRows(load, specs[n] as LoadSpec, '0000', [ada])
    expect(await sink.readState(state.key, target)).toBeNull()
    await loads[0]?.publish()
    expect(await sink.readState(state.key, target)).toEqual(state.mark)
    expect(await codeOf(loads[1]?.publish() as Promise<unknown>)).toBe('ConfigError TARGET_CHANGED')
    await loads[1]?.abandon()
    await loads[0]?.complete()
    expect(await sink.count(target)).toBe(1)
    await copy(target, [bob], { mode: 'append' })
    expect(await sink.readState(state.key, target)).toEqual(state.mark)
  })

  test('the same load is not run twice at once, and whoever was overtaken publishes nothing and removes nothing', async () => {
    for (const target of [csvTo('people/'), csvTo('people.csv')]) {
      const spec = specOf(target)
      const first = await sink.openLoad(spec, null)
      await writeRows(first, spec, '0000', [ada])
      expect(await codeOf(sink.openLoad(spec, null))).toBe('ConfigError LOAD_RUNNING')
      // As on another machine: the lock of this one says nothing.
      await first[Symbol.asyncDispose]()
      await using second = await sink.openLoad(spec, await sink.interrupted(spec.key, target))
      expect(await codeOf(first.publish())).toBe('ConfigError LOAD_RUNNING')
      await first.abandon()
      expect(await second.stagedCount()).toBe(1)
      await second.publish()
      expect(await codeOf(second.publish())).toBe('FatalError ALREADY_PUBLISHED')
      expect(await sink.interrupted(spec.key, target)).toMatchObject({
        status: 'published',
        published: { inserted: 1 },
      })
      await second.complete()
    }
  })

  test('a chunk whose producer fails leaves nothing, and discarded chunks take their rows along', async () => {
    for (const target of [csvTo('people/'), csvTo('people.csv'), csvTo('parted/', { partitionBy: ['name'] })]) {
      const spec = specOf(target)
      await using load = await sink.openLoad(spec, null)
      await writeRows(load, spec, '0000', [ada])
      const before = store.keys()
      async function* failing(): AsyncGenerator<Piece> {
        yield* csvPieces([bob])
        throw new Error('the source is gone')
      }
      await expect(load.writeChunk({ id: '0001', bounds: null }, failing(), () => [])).rejects.toThrow(
        'the source is gone',
      )
      expect(store.keys()).toEqual(before)
      await writeRows(load, spec, '0001', [cyd])
      await load.discardChunks(['0000'])
      await load.publish()
      await load.complete()
      expect(await sink.contentHash(target, people)).toEqual(hashOf([cyd]))
    }
  })

  test('an object that is changed or removed behind the manifest is noticed', async () => {
    const target = csvTo('people/')
    await copy(target, [ada])
    const [part] = store.keys().filter((key) => key.includes('part-'))
    await store.write(part as string, [Buffer.from('id,name,note\n1,Eve,\n')])
    expect(await codeOf(sink.count(target))).toBe('DataError OBJECT_CHANGED')
    await store.rm(part as string)
    expect(await codeOf(sink.contentHash(target, people))).toBe('DataError OBJECT_MISSING')
  })
})

describe('a load that is killed at any change to the store', () => {
  const kinds: [string, FileTarget, 'replace' | 'append'][] = [
    ['one object', parquetTo('lake/people.parquet'), 'replace'],
    ['a folder that is replaced', csvTo('lake/people/', { compression: 'gzip' }), 'replace'],
    ['a folder that is added to', csvTo('lake/people/', { format: 'ndjson' }), 'append'],
    ['a folder of partitions', parquetTo('lake/people/', { partitionBy: ['name'] }), 'replace'],
  ]
  test.each(kinds)('is resumed with exactly its rows: %s', async (_kind, target, mode) => {
    const chunks: Cells[][] = [[ada, bob], [cyd], [ada, cyd]]
    const former: Cells[] = [['9', 'old', null]]
    const run = async (spec: LoadSpec) => {
      const own = await anew()
      const interrupted = await own.interrupted(spec.key, target)
      await using load = await own.openLoad(spec, interrupted)
      if (interrupted?.status !== 'published') {
        for (const [n, rows] of chunks.entries()) {
          if (interrupted?.finished.some(({ id }) => id === `000${n}`)) continue
          await writeRows(load, spec, `000${n}`, rows)
        }
        await load.publish()
      }
      await load.complete()
    }
    const expected = mode === 'append' ? [...former, ...chunks.flat()] : chunks.flat()
    for (let change = 1, done = false; !done; change++) {
      for (const when of ['before', 'after'] as const) {
        store.objects.clear()
        await copy(target, former)
        const spec = specOf(target, { mode })
        store.failAt(change, when)
        const end = await errorOf(run(spec))
        store.heal()
        done = end === null
        if (end && String(end) !== 'Error: killed') throw end
        // What readers see is the old table or the new one.
        const seen = await (await anew()).contentHash(target, people)
        expect([hashOf(former), hashOf(expected)]).toContainEqual(seen)
        // The command is run again; after its end nothing was left to do but to run anew.
        if (end) {
          const left = await (await anew()).interrupted(spec.key, target)
          if (left || seen.rows !== expected.length) await run(spec)
        }
        expect(await (await anew()).contentHash(target, people)).toEqual(hashOf(expected))
        await (await sink.openLoad(spec, null)).abandon()
        const named = target.path.endsWith('/') ? expectedObjects(target.path) : [target.path]
        expect(store.keys()).toEqual(named)
      }
    }
  })

  /** The manifest and what it names. */
  function expectedObjects(folder: string): string[] {
    const manifest = `${folder}_millrace/manifest.json`
    const { objects } = JSON.parse(text(manifest) as string) as { objects: { key: string }[] }
    return [manifest, ...objects.map(({ key }) => folder + key)].sort()
  }
})
