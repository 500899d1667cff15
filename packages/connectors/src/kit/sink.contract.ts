import { setTimeout as delay } from 'node:timers/promises'
import type { Column, Piece } from '@millrace/formats'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadSpec } from './load-spec.test.fixture.ts'
import type { Load, LoadSpec, PublishResult, Sink, Target, WriteMode } from './sink.ts'
import { type Cells, codeOf, column, csvPieces, errorOf, hashOf, id, people } from './sink-rows.contract.ts'
import type { Chunk } from './source.ts'

/** What a kind of destination brings along to be tested. Rows are text or NULL. */
export interface SinkSubject {
  /** Opens another sink over the same destination, as another process would. */
  openSink(): Promise<Sink>
  /** The address of a table of this name, for the sink. */
  target(name: string): Target
  /** The same table in SQL. */
  table(name: string): string
  quote(name: string): string
  /** Modes that this kind of destination has. Default: all. */
  readonly modes?: readonly WriteMode[]
  /** Whether a column can become a wider one in place. Default true. */
  readonly widens?: boolean
  /** Names that this kind of destination cannot have at all. */
  refusesName?(name: string): boolean
  /** On a connection that is not the sink's. */
  execute(sql: string): Promise<void>
  query(sql: string): Promise<(string | null)[][]>
  /** Whatever loads have left behind: staging tables, records of loads and of chunks. */
  leftovers(): Promise<string[]>
}

let numbers = 0
const freshKey = () => `k${process.pid.toString(36)}x${(++numbers).toString(36)}`
const freshName = () => `people_${++numbers}`

/** The suite that every database sink passes, fed with canonical CSV. */
export function describeSink(name: string, getSubject: () => SinkSubject): void {
  describe(`${name} as a sink`, () => {
    let subject: SinkSubject
    let sink: Sink
    const opened: AsyncDisposable[] = []

    beforeEach(async () => {
      subject = getSubject()
      sink = await subject.openSink()
      opened.push(sink)
    })
    afterEach(async () => {
      for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]()
    })

    const has = (mode: WriteMode) => subject.modes?.includes(mode) ?? true

    const another = async () => {
      const other = await subject.openSink()
      opened.push(other)
      return other
    }

    async function specFor(table: string, options: Partial<LoadSpec> = {}, over = sink): Promise<LoadSpec> {
      const { columns = people, mode = 'append', sourceDialect = 'files' } = options
      const target = subject.target(table)
      const plan = await over.plan(target, columns, sourceDialect, mode)
      expect(plan.conflicts).toEqual([])
      return loadSpec({
        key: freshKey(),
        target,
        mode,
        keys: mode === 'merge' || mode === 'insert-only' ? ['id'] : [],
        columns,
        sourceDialect,
        changes: plan.changes,
        journal: { chunks: chunks(2), position: { at: 'here' }, startedAt: '2026-01-01T00:00:00.000Z' },
        ...options,
      })
    }

    const chunks = (count: number): Chunk[] =>
      Array.from({ length: count }, (_, index) => ({ id: String(index).padStart(4, '0'), bounds: null }))

    async function begin(spec: LoadSpec, over = sink): Promise<Load> {
      const load = await over.openLoad(spec, null)
      opened.push(load)
      return load
    }

    const write = (load: Load, chunk: string, rows: readonly Cells[]) =>
      load.writeChunk({ id: chunk, bounds: null }, csvPieces(rows), () => [])

    async function load(
      table: string,
      rows: readonly Cells[],
      options: Partial<LoadSpec> = {},
    ): Promise<PublishResult> {
      const running = await sink.openLoad(await specFor(table, options), null)
      await using _ = running
      try {
        await write(running, '0000', rows)
        const result = await running.publish()
        await running.complete()
        return result
      } catch (error) {
        await running.abandon()
        throw error
      }
    }

    const rowsOf = (table: string) => subject.query(`SELECT * FROM ${subject.table(table)} ORDER BY 1`)

    const ada: Cells = ['1', 'Ada', null]
    const bob: Cells = ['2', 'Bob "B", the\nbuilder', '']
    const cyd: Cells = ['3', 'Cyd', 'éß🦆']

    test('creates the table, takes chunks in parallel, and leaves nothing else behind', async () => {
      const table = freshName()
      const plan = await sink.plan(subject.target(table), people, 'files', 'append')
      expect(plan).toMatchObject({ exists: false, conflicts: [], missing: [], estimatedRows: null })
      expect(plan.changes.map((change) => change.kind)).toEqual(['create-table'])
      expect(Object.keys(plan.types)).toEqual(['id', 'name', 'note'])
      expect(await sink.accepts(people, 'files', subject.target(table))).toContain('csv')

      const running = await begin(await specFor(table))
      const written = await Promise.all([write(running, '0000', [ada, bob]), write(running, '0001', [cyd])])
      expect(written.map(({ rows }) => rows)).toEqual([2, 1])
      expect(written[1]?.bytes).toBeGreaterThan(0)
      expect(await running.stagedCount()).toBe(3)
      expect(await running.publish()).toMatchObject({ inserted: 3, updated: 0, skipped: 0 })
      await running.complete()
      expect(await rowsOf(table)).toEqual([ada, bob, cyd])
      expect(await sink.count(subject.target(table))).toBe(3)
      expect(await subject.leftovers()).toEqual([])
    })

    test('appends to what is there', async () => {
      const table = freshName()
      await load(table, [ada])
      expect(await load(table, [ada, bob])).toMatchObject({ inserted: 2 })
      expect(await rowsOf(table)).toEqual([ada, ada, bob])
    })

    test('replaces what was there, several times', async () => {
      const table = freshName()
      await load(table, [ada, bob], { mode: 'replace' })
      expect(await load(table, [cyd], { mode: 'replace' })).toMatchObject({ inserted: 1 })
      expect(await rowsOf(table)).toEqual([cyd])
      await load(table, [ada, cyd], { mode: 'replace' })
      expect(await rowsOf(table)).toEqual([ada, cyd])
    })

    test('merges by key: updates what matches, inserts the rest', async ({ skip }) => {
      if (!has('merge')) skip('the destination has no merge')
      const table = freshName()
      expect(await load(table, [ada, bob], { mode: 'merge' })).toMatchObject({ inserted: 2, updated: 0 })
      const newBob: Cells = ['2', null, 'renamed']
      expect(await load(table, [newBob, cyd], { mode: 'merge' })).toMatchObject({ inserted: 1, updated: 1, skipped: 0 })
      expect(await rowsOf(table)).toEqual([ada, newBob, cyd])
    })

    test('insert-only leaves known keys alone and counts them', async ({ skip }) => {
      if (!has('insert-only')) skip('the destination has no insert-only')
      const table = freshName()
      await load(table, [ada, bob], { mode: 'insert-only' })
      const result = await load(table, [['2', 'other', null], cyd], { mode: 'insert-only' })
      expect(result).toMatchObject({ inserted: 1, updated: 0, skipped: 1 })
      expect(await rowsOf(table)).toEqual([ada, bob, cyd])
    })

    test.for(['merge', 'insert-only'] as const)(
      '%s refuses keys that do not identify a row, before anything changes',
      async (mode, { skip }) => {
        if (!has(mode)) skip(`the destination has no ${mode}`)
        const table = freshName()
        await load(table, [ada], { mode })
        const twice = await errorOf(load(table, [bob, cyd, ['2', 'again', null]], { mode }))
        expect(twice).toMatchObject({ name: 'DataError', code: 'DUPLICATE_KEY' })
        expect(String(twice)).toMatch(/id.*2/s)
        const empty = await codeOf(
          load(table, [cyd, [null, 'nobody', null]], {
            mode,
            columns: [{ ...id, nullable: true }, ...people.slice(1)],
          }),
        )
        // A destination whose key column cannot be NULL refuses the row itself.
        expect(empty).toMatch(/^DataError /)
        expect(await rowsOf(table)).toEqual([ada])
      },
    )

    test('an empty replace is refused unless it is allowed', async () => {
      const table = freshName()
      await load(table, [], { mode: 'replace' })
      expect(await rowsOf(table)).toEqual([])
      await load(table, [], { mode: 'replace' })
      await load(table, [ada, bob], { mode: 'replace' })
      const refused = await errorOf(load(table, [], { mode: 'replace' }))
      expect(refused).toMatchObject({ name: 'ConfigError', code: 'EMPTY_REPLACE' })
      expect(String(refused)).toContain('2')
      expect(await rowsOf(table)).toEqual([ada, bob])
      await load(table, [], { mode: 'replace', allowEmpty: true })
      expect(await rowsOf(table)).toEqual([])
    })

    test('readers of a replaced table see the old rows or the new ones', async () => {
      const table = freshName()
      const many = (count: number, note: string): Cells[] =>
        Array.from({ length: count }, (_, index) => [String(index), 'x', note])
      await load(table, many(50, 'old'), { mode: 'replace' })
      const seen = new Set<string>()
      const reading = new AbortController()
      const reader = (async () => {
        while (!reading.signal.aborted) {
          const groups = await subject.query(`SELECT note, count(*) FROM ${subject.table(table)} GROUP BY note`)
          seen.add(JSON.stringify(groups))
          await delay(0)
        }
      })()
      for (const [count, note] of [
        [80, 'new'],
        [50, 'old'],
        [80, 'new'],
      ] as const) {
        await load(table, many(count, note), { mode: 'replace' })
      }
      reading.abort()
      await reader
      expect([...seen].filter((groups) => groups !== '[["old","50"]]' && groups !== '[["new","80"]]')).toEqual([])
    })

    test('a chunk whose producer fails leaves nothing, and can be written again', async () => {
      const table = freshName()
      const spec = await specFor(table)
      const running = await begin(spec)
      await write(running, '0000', [ada])
      async function* failing(): AsyncGenerator<Piece> {
        yield* csvPieces([bob, cyd])
        throw new Error('the source is gone')
      }
      await expect(running.writeChunk({ id: '0001', bounds: null }, failing(), () => [])).rejects.toThrow(
        'the source is gone',
      )
      expect(await running.stagedCount()).toBe(1)
      expect((await sink.interrupted(spec.key, spec.target))?.finished).toEqual([{ id: '0000', rows: 1 }])
      await write(running, '0001', [bob, cyd])
      expect(await running.stagedCount()).toBe(3)
      await running.abandon()
    })

    test('a value that does not fit is a DataError, and its chunk leaves nothing', async () => {
      const table = freshName()
      const running = await begin(await specFor(table))
      expect(await codeOf(write(running, '0000', [ada, ['many', 'Bob', null], cyd]))).toMatch(
        /^(DataError|UnrepresentableValueError) /,
      )
      expect(await running.stagedCount()).toBe(0)
      await running.abandon()
    })

    test('an abort ends a chunk whose producer is stuck', async () => {
      const table = freshName()
      const controller = new AbortController()
      const running = await begin(await specFor(table, { signal: controller.signal }))
      const asked = Promise.withResolvers<void>()
      async function* stuck(): AsyncGenerator<Piece> {
        yield* csvPieces([ada, bob, cyd])
        asked.resolve()
        await new Promise((_, reject) =>
          controller.signal.addEventListener('abort', () => reject(controller.signal.reason)),
        )
      }
      const writing = running.writeChunk({ id: '0000', bounds: null }, stuck(), () => [])
      await asked.promise
      controller.abort(new Error('enough'))
      await expect(writing).rejects.toThrow('enough')
      await running.abandon()
      expect(await subject.leftovers()).toEqual([])
    })

    test('an interrupted load is found with its finished chunks and goes on', async () => {
      const table = freshName()
      await load(table, [ada])
      const spec = await specFor(table)
      const first = await sink.openLoad(spec, null)
      await first.writeChunk({ id: '0000', bounds: null }, csvPieces([bob]), () => [
        { column: 'note', reason: 'json-null', outcome: 'altered', count: 2 },
      ])
      await first[Symbol.asyncDispose]()

      const later = await another()
      expect(await later.interrupted('unknown', spec.target)).toBeNull()
      const found = await later.interrupted(spec.key, spec.target)
      expect(found).toMatchObject({
        key: spec.key,
        status: 'loading',
        finished: [{ id: '0000', rows: 1 }],
        ledger: [{ column: 'note', reason: 'json-null', outcome: 'altered', count: 2 }],
      })
      expect(found?.spec.journal).toEqual(spec.journal)
      expect(found?.spec.columns).toEqual(spec.columns)
      const second = await later.openLoad(spec, found)
      opened.push(second)
      await write(second, '0001', [cyd])
      expect(await second.stagedCount()).toBe(2)
      expect(await second.publish()).toMatchObject({ inserted: 2 })
      await second.complete()
      expect(await rowsOf(table)).toEqual([ada, bob, cyd])
      expect(await subject.leftovers()).toEqual([])
    })

    test('an interrupted load can be started afresh', async () => {
      const table = freshName()
      const spec = await specFor(table)
      const first = await sink.openLoad(spec, null)
      await write(first, '0000', [ada])
      await first[Symbol.asyncDispose]()
      const second = await begin(spec)
      expect(await second.stagedCount()).toBe(0)
      await write(second, '0000', [bob])
      await second.publish()
      await second.complete()
      expect(await rowsOf(table)).toEqual([bob])
    })

    test('discarded chunks take their rows along', async () => {
      const table = freshName()
      const running = await begin(await specFor(table))
      await write(running, '0000', [ada])
      await write(running, '0001', [bob])
      await write(running, '0002', [cyd])
      await running.discardChunks(['0000', '0002'])
      expect(await running.stagedCount()).toBe(1)
      await running.discardChunks(['0001'])
      expect(await running.stagedCount()).toBe(0)
      await write(running, '0001', [cyd])
      expect(await running.publish()).toMatchObject({ inserted: 1 })
      await running.complete()
      expect(await rowsOf(table)).toEqual([cyd])
    })

    test('a load that was published but not completed is found as such, and is never published twice', async () => {
      const table = freshName()
      const spec = await specFor(table)
      const first = await sink.openLoad(spec, null)
      await write(first, '0000', [ada, bob])
      await first.publish()
      expect(await codeOf(first.publish())).toMatch(/ALREADY_PUBLISHED$/)
      await first[Symbol.asyncDispose]()

      const later = await another()
      const found = await later.interrupted(spec.key, spec.target)
      expect(found).toMatchObject({
        status: 'published',
        published: { inserted: 2 },
        finished: [{ id: '0000', rows: 2 }],
      })
      const second = await later.openLoad(spec, found)
      opened.push(second)
      expect(await codeOf(second.publish())).toMatch(/ALREADY_PUBLISHED$/)
      await second.complete()
      expect(await later.interrupted(spec.key, spec.target)).toBeNull()
      expect(await rowsOf(table)).toEqual([ada, bob])
      expect(await subject.leftovers()).toEqual([])
    })

    test('an abandoned load leaves the target and nothing else', async () => {
      const table = freshName()
      await load(table, [ada])
      const spec = await specFor(table, { mode: 'replace' })
      const running = await begin(spec)
      await write(running, '0000', [bob])
      await running.abandon()
      expect(await sink.interrupted(spec.key, spec.target)).toBeNull()
      expect(await rowsOf(table)).toEqual([ada])
      expect(await subject.leftovers()).toEqual([])
    })

    test('a second process cannot run the same load', async () => {
      const spec = await specFor(freshName())
      const running = await begin(spec)
      const other = await another()
      expect(await codeOf(other.openLoad(spec, null))).toBe('ConfigError LOAD_RUNNING')
      await running.abandon()
      await running[Symbol.asyncDispose]()
      const next = await other.openLoad(spec, null)
      opened.push(next)
      await next.abandon()
    })

    test('loads of two tables run side by side', async () => {
      if (!sink.concurrentLoads) return
      const tables = [freshName(), freshName()]
      const loads = await Promise.all(tables.map(async (table) => begin(await specFor(table))))
      await Promise.all(loads.map((one, index) => write(one, '0000', index === 0 ? [ada] : [bob, cyd])))
      await Promise.all(loads.map((one) => one.publish()))
      await Promise.all(loads.map((one) => one.complete()))
      expect(await rowsOf(tables[0] as string)).toEqual([ada])
      expect(await rowsOf(tables[1] as string)).toEqual([bob, cyd])
    })

    test("the pipeline's state moves with the publish and not before", async () => {
      const table = freshName()
      const key = freshKey()
      const target = subject.target(table)
      expect(await sink.readState(key, target)).toBeNull()
      const state = { key, mark: { cursor: '2026-01-01 00:00:00.123456+00', keys: ['1', 'ü'] } }
      const running = await begin(await specFor(table, { state }))
      await write(running, '0000', [ada])
      expect(await sink.readState(key, target)).toBeNull()
      await running.publish()
      expect(await (await another()).readState(key, target)).toEqual(state.mark)
      await running.complete()
      await load(table, [bob], { state: { key, mark: { cursor: '7', keys: [] } } })
      expect(await sink.readState(key, target)).toEqual({ cursor: '7', keys: [] })
    })

    test.each(['My "odd" Table.v1', "semi;colon -- it's", 'ünïcødé 🦆', 'select'])(
      'takes the name %s for a table and a column',
      async (odd) => {
        if (subject.refusesName?.(odd)) return
        const columns = [id, column(odd)]
        for (const mode of ['replace', 'append', 'merge', 'replace', 'insert-only'] as const) {
          if (!has(mode)) continue
          await load(odd, [['1', 'x']], { columns, mode })
        }
        expect(await subject.query(`SELECT id, ${subject.quote(odd)} FROM ${subject.table(odd)}`)).toEqual([['1', 'x']])
        expect(await sink.contentHash(subject.target(odd), columns)).toEqual(hashOf([['1', 'x']]))
        await subject.execute(`DROP TABLE ${subject.table(odd)}`)
      },
    )

    test.for(['append', 'replace', 'merge'] as const)('%s adds a new column to the table', async (mode, { skip }) => {
      if (!has(mode)) skip(`the destination has no ${mode}`)
      const table = freshName()
      await load(table, [ada, bob])
      const columns = [...people, column('extra')]
      const plan = await sink.plan(subject.target(table), columns, 'files', mode)
      expect(plan).toMatchObject({ exists: true, conflicts: [], changes: [{ kind: 'add-column', column: 'extra' }] })
      await load(table, [['2', 'Bob', null, 'more']], { columns, mode })
      const kept = mode === 'replace' ? [] : [[...ada, null], ...(mode === 'append' ? [[...bob, null]] : [])]
      const all = [...kept, ['2', 'Bob', null, 'more']]
      const sorted = (rows: readonly Cells[]) => rows.map((row) => JSON.stringify(row)).sort()
      expect(sorted(await rowsOf(table))).toEqual(sorted(all))
    })

    test('widens a column whose new type holds all old values', async ({ skip }) => {
      if (subject.widens === false) skip('the destination cannot change types in place')
      const table = freshName()
      await load(table, [['1']], { columns: [id] })
      const columns = [column('id', { kind: 'integer', bits: 64, unsigned: false }, false)]
      const { changes } = await sink.plan(subject.target(table), columns, 'files', 'append')
      // A destination with one integer type has nothing to widen.
      if (changes.length > 0) expect(changes).toMatchObject([{ kind: 'widen-column', column: 'id' }])
      await load(table, [['9223372036854775807']], { columns })
      expect(await subject.query(`SELECT id FROM ${subject.table(table)} ORDER BY id`)).toEqual([
        ['1'],
        ['9223372036854775807'],
      ])
    })

    test('columns that the source lacks stay empty, and a narrower type is taken as it is', async () => {
      const table = freshName()
      await load(table, [ada])
      const columns = [column('id', { kind: 'integer', bits: 16, unsigned: false }, false), column('name')]
      const plan = await sink.plan(subject.target(table), columns, 'files', 'append')
      expect(plan).toMatchObject({ changes: [], conflicts: [], missing: ['note'] })
      await load(table, [['2', 'Bob']], { columns })
      expect(await rowsOf(table)).toEqual([ada, ['2', 'Bob', null]])
    })

    test('types that do not go together are a conflict in a full sentence', async () => {
      const table = freshName()
      await load(table, [ada])
      const columns = [column('id', { kind: 'boolean' }), ...people.slice(1)]
      const { conflicts, changes } = await sink.plan(subject.target(table), columns, 'files', 'append')
      expect(changes).toEqual([])
      expect(conflicts).toHaveLength(1)
      expect(conflicts[0]).toMatch(/"?id"? .*\.$/)
    })

    test('staging and target hash to what the definition says', async () => {
      const table = freshName()
      const rows = [ada, bob, cyd, cyd]
      const spec = await specFor(table, { mode: 'replace' })
      const running = await begin(spec)
      await write(running, '0000', rows)
      expect(await running.stagedHash(people)).toEqual(hashOf(rows))
      await running.publish()
      await running.complete()
      expect(await sink.contentHash(spec.target, people)).toEqual(hashOf(rows))
      const [first] = people
      expect(await sink.contentHash(spec.target, [first as Column])).toEqual(hashOf(rows.map((row) => row.slice(0, 1))))
    })
  })
}
