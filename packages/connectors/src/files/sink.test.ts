import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { createParquetEncoder, LossLedger, type Piece, readCsv } from '@millrace/formats'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bytesOf, createRowEncoder } from '../kit/encode-csv.ts'
import type { Load, LoadSpec, Target } from '../kit/sink.ts'
import { type Cells, codeOf, csvPieces, errorOf, hashOf, people } from '../kit/sink-rows.contract.ts'
import { createFilesSink } from './sink.ts'

let folder: string
const sink = createFilesSink()
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

type FileTarget = Extract<Target, { kind: 'file' }>
const csv = (name: string, more: Partial<FileTarget> = {}): FileTarget => ({
  kind: 'file',
  path: join(folder, name) + (name.endsWith('/') ? '/' : ''),
  format: 'csv',
  compression: 'none',
  csv: { header: true, lineEnd: 'lf' },
  ...more,
})

let keys = 0
const specOf = (target: FileTarget, options: Partial<LoadSpec> = {}): LoadSpec => ({
  key: `k${++keys}`,
  target,
  mode: 'replace',
  keys: [],
  columns: people,
  sourceDialect: 'files',
  changes: [],
  format: target.format,
  options: {},
  journal: { chunks: [{ id: '0000', bounds: null }], position: {}, startedAt: '' },
  allowEmpty: false,
  signal: new AbortController().signal,
  ...options,
})

async function* encoded(rows: readonly Cells[], target: FileTarget): AsyncGenerator<Piece> {
  if (target.format === 'csv') return yield* csvPieces(rows)
  const encoder =
    target.format === 'parquet'
      ? createParquetEncoder({ columns: people, ledger: new LossLedger(), rowGroupRows: 2 })
      : createRowEncoder({ columns: people, format: 'ndjson', policy: 'error', ledger: new LossLedger(), options: {} })
  for await (const block of readCsv(bytesOf(csvPieces(rows)), { columnCount: 3 })) yield* await encoder.encode(block)
  yield* await encoder.finish()
}

const write = (load: Load, target: FileTarget, chunk: string, rows: readonly Cells[]) =>
  load.writeChunk({ id: chunk, bounds: null }, encoded(rows, target), () => [])

async function copy(target: FileTarget, rows: readonly Cells[], options: Partial<LoadSpec> = {}) {
  await using load = await sink.openLoad(specOf(target, options), null)
  try {
    await write(load, target, '0000', rows)
    const result = await load.publish()
    await load.complete()
    return result
  } catch (error) {
    await load.abandon()
    throw error
  }
}

const ada: Cells = ['1', 'Ada', null]
const bob: Cells = ['2', 'Bob "B", the\nbuilder', '']
const cyd: Cells = ['3', 'Cyd', 'éß🦆']
const header = 'id,name,note\n'
const text = (name: string) => readFile(join(folder, name), 'utf8')

describe('files as a sink', () => {
  const layouts = (['csv', 'ndjson', 'parquet'] as const).flatMap((format) =>
    (format === 'parquet' ? (['none'] as const) : (['none', 'gzip', 'zstd'] as const)).map(
      (compression) => [format, compression] as const,
    ),
  )
  test.each(layouts)('%s with compression %s hashes to its rows, staged and published', async (format, compression) => {
    const target = csv(`people.${format}`, { format, compression })
    const rows = [ada, bob, cyd, cyd]
    await using load = await sink.openLoad(specOf(target), null)
    // The second chunk is first, so two lanes are joined in the chunks' order.
    await Promise.all([write(load, target, '0001', [cyd, cyd]), write(load, target, '0000', [ada, bob])])
    expect(await load.stagedCount()).toBe(4)
    expect(await load.stagedHash(people)).toEqual(hashOf(rows))
    expect(await load.publish()).toMatchObject({ inserted: 4, files: [{ path: target.path, rows: 4 }] })
    await load.complete()
    expect(await createFilesSink().contentHash(target, people)).toEqual(hashOf(rows))
    expect(await createFilesSink().count(target)).toBe(4)
    expect(await readdir(folder)).toEqual([`people.${format}`])
  })

  test('a hash over some of the columns reads the file over the others', async () => {
    for (const target of [
      csv('p.csv'),
      csv('p.ndjson', { format: 'ndjson' }),
      csv('bare.csv', { csv: { header: false, lineEnd: 'lf' } }),
    ]) {
      await copy(target, [ada, bob])
      const some = people.slice(0, 2)
      if (target.csv?.header === false) continue
      expect(await createFilesSink().contentHash(target, some)).toEqual(
        hashOf([ada, bob].map((row) => row.slice(0, 2))),
      )
    }
  })

  test('CSV has the header and line ends that were asked for', async () => {
    await copy(csv('a.csv'), [ada, bob])
    expect(await text('a.csv')).toBe(`${header}"1","Ada",\n"2","Bob ""B"", the\nbuilder",""\n`)
    await copy(csv('b.csv', { csv: { header: true, lineEnd: 'crlf' } }), [bob])
    expect(await text('b.csv')).toBe('id,name,note\r\n"2","Bob ""B"", the\nbuilder",""\r\n')
    await copy(csv('c.csv', { csv: { header: false, lineEnd: 'lf' } }), [ada])
    expect(await text('c.csv')).toBe('"1","Ada",\n')
  })

  test('an empty result is a valid file of every kind', async () => {
    await copy(csv('a.csv'), [])
    expect(await text('a.csv')).toBe(header)
    await copy(csv('a.csv.gz', { compression: 'gzip' }), [])
    expect(gunzipSync(await readFile(join(folder, 'a.csv.gz'))).toString()).toBe(header)
    await copy(csv('a.ndjson.zst', { format: 'ndjson', compression: 'zstd' }), [])
    expect(zstdDecompressSync(await readFile(join(folder, 'a.ndjson.zst'))).length).toBe(0)
    const parquet = csv('a.parquet', { format: 'parquet' })
    await copy(parquet, [])
    expect(await sink.count(parquet)).toBe(0)
  })

  test('append adds to a file in one step, after a missing line end too', async () => {
    await copy(csv('a.csv'), [ada], { mode: 'append' })
    await copy(csv('a.csv'), [cyd], { mode: 'append' })
    expect(await text('a.csv')).toBe(`${header}"1","Ada",\n"3","Cyd","éß🦆"\n`)
    await writeFile(join(folder, 'b.csv'), `${header}1,Ada,`)
    await copy(csv('b.csv'), [cyd], { mode: 'append' })
    expect(await text('b.csv')).toBe(`${header}1,Ada,\n"3","Cyd","éß🦆"\n`)
    const packed = csv('c.csv.zst', { compression: 'zstd' })
    await copy(packed, [ada], { mode: 'append' })
    await copy(packed, [cyd], { mode: 'append' })
    expect(await sink.contentHash(packed, people)).toEqual(hashOf([ada, cyd]))
  })

  test('a folder takes parts: split by rows, replaced as a whole, appended to', async () => {
    const target = csv('people/', { splitRows: 2, compression: 'gzip' })
    expect(
      (await copy(target, [ada, bob, cyd])).files?.map(({ path, rows }) => [path.split('/').at(-1), rows]),
    ).toEqual([
      ['part-00000.csv.gz', 2],
      ['part-00001.csv.gz', 1],
    ])
    expect(await sink.contentHash(target, people)).toEqual(hashOf([ada, bob, cyd]))
    await copy(target, [cyd])
    expect(await readdir(join(folder, 'people'))).toEqual(['part-00000.csv.gz'])
    await copy(csv('people/', { compression: 'gzip' }), [ada, bob, cyd], { mode: 'append' })
    expect(await readdir(join(folder, 'people'))).toEqual(['part-00000.csv.gz', 'part-00001.csv.gz'])
    expect(await sink.contentHash(target, people)).toEqual(hashOf([cyd, ada, bob, cyd]))
    expect(await readdir(folder)).toEqual(['people'])
  })

  test('a plan refuses what cannot be done, in full sentences', async () => {
    const conflicts = async (target: FileTarget, mode: 'append' | 'replace') =>
      (await sink.plan(target, people, 'files', mode)).conflicts.join(' ')
    await writeFile(join(folder, 'other.csv'), 'name,id,note\n')
    expect(await conflicts(csv('other.csv'), 'append')).toContain('name, id, note')
    expect(await conflicts(csv('other.csv', { compression: 'gzip' }), 'append')).toContain('not compressed')
    await copy(csv('p.parquet', { format: 'parquet' }), [ada])
    expect(await conflicts(csv('p.parquet', { format: 'parquet' }), 'append')).toContain('end the path with "/"')
    await mkdir(join(folder, 'mine'))
    await writeFile(join(folder, 'mine', 'thesis.txt'), 'precious')
    expect(await conflicts(csv('mine/', { splitRows: 1 }), 'replace')).toContain('"thesis.txt"')
    expect(await conflicts(csv('mine'), 'replace')).toContain('is a folder')
    for (const mode of ['merge', 'insert-only'] as const) {
      expect(await codeOf(sink.plan(csv('a.csv'), people, 'files', mode))).toBe('ConfigError MODE_NOT_SUPPORTED')
    }
    expect(await codeOf(sink.plan(csv('a.csv', { splitRows: 1 }), people, 'files', 'replace'))).toBe(
      'ConfigError FOLDER_REQUIRED',
    )
  })

  test('an empty replace of rows is refused unless it is allowed', async () => {
    await copy(csv('a.csv'), [ada, bob])
    const refused = await errorOf(copy(csv('a.csv'), []))
    expect(refused).toMatchObject({ name: 'ConfigError', code: 'EMPTY_REPLACE' })
    expect(String(refused)).toContain('2')
    await copy(csv('a.csv'), [], { allowEmpty: true })
    expect(await text('a.csv')).toBe(header)
  })

  test('links stay links and permissions stay', async () => {
    await mkdir(join(folder, 'real'))
    await writeFile(join(folder, 'real', 'data.csv'), header)
    await chmod(join(folder, 'real', 'data.csv'), 0o640)
    await symlink('real/data.csv', join(folder, 'link.csv'))
    await copy(csv('link.csv'), [ada])
    expect(await readlink(join(folder, 'link.csv'))).toBe('real/data.csv')
    expect(await text('real/data.csv')).toBe(`${header}"1","Ada",\n`)
    expect((await stat(join(folder, 'real', 'data.csv'))).mode & 0o777).toBe(0o640)
  })

  test.each(["it's; $HOME `x` *.csv", 'ünïcødé 🦆.csv', `${'n'.repeat(240)}.csv`, '-rf.csv', ' .csv', '[a]?.parquet'])(
    'takes the file name %s',
    async (name) => {
      const target = csv(name, name.endsWith('parquet') ? { format: 'parquet' } : {})
      await copy(target, [ada])
      expect(await sink.contentHash(target, people)).toEqual(hashOf([ada]))
      expect(await readdir(folder)).toEqual([name])
    },
  )

  test('an interrupted load is found and goes on; discarded chunks take their rows along', async () => {
    const target = csv('a.csv')
    const spec = specOf(target, { mode: 'replace' })
    {
      await using load = await sink.openLoad(spec, null)
      await write(load, target, '0000', [ada])
      await write(load, target, '0001', [bob])
    }
    const found = await createFilesSink().interrupted(spec.key, target)
    expect(found).toMatchObject({
      status: 'loading',
      finished: [
        { id: '0000', rows: 1 },
        { id: '0001', rows: 1 },
      ],
    })
    expect(found?.spec).toMatchObject({ columns: people, journal: spec.journal })
    await using load = await createFilesSink().openLoad(spec, found)
    await load.discardChunks(['0000'])
    await write(load, target, '0000', [cyd])
    await load.publish()
    expect(await codeOf(load.publish())).toBe('FatalError ALREADY_PUBLISHED')
    expect(await sink.interrupted(spec.key, target)).toMatchObject({ status: 'published', published: { inserted: 2 } })
    await load.complete()
    expect(await text('a.csv')).toBe(`${header}"3","Cyd","éß🦆"\n"2","Bob ""B"", the\nbuilder",""\n`)
  })

  test('a chunk whose producer fails leaves nothing', async () => {
    const target = csv('a.csv')
    await using load = await sink.openLoad(specOf(target), null)
    await write(load, target, '0000', [ada])
    async function* failing(): AsyncGenerator<Piece> {
      yield* csvPieces([bob])
      throw new Error('the source is gone')
    }
    await expect(load.writeChunk({ id: '0001', bounds: null }, failing(), () => [])).rejects.toThrow(
      'the source is gone',
    )
    await write(load, target, '0001', [cyd])
    await load.publish()
    await load.complete()
    expect(await text('a.csv')).toBe(`${header}"1","Ada",\n"3","Cyd","éß🦆"\n`)
  })

  test('two loads of one target at once are refused, and a dead one does not stand in the way', async () => {
    const target = csv('a.csv')
    {
      await using _ = await sink.openLoad(specOf(target), null)
      const refused = await errorOf(createFilesSink().openLoad(specOf(target), null))
      expect(refused).toMatchObject({ name: 'ConfigError', code: 'LOAD_RUNNING' })
      expect(String(refused)).toContain(String(process.pid))
    }
    await writeFile(
      join(folder, '.a.csv._millrace-lock'),
      JSON.stringify({ pid: 2 ** 30, startTime: '1', host: (await import('node:os')).hostname() }),
    )
    await copy(target, [ada])
  })

  test("the pipeline's state moves with the publish", async () => {
    const target = csv('a.csv')
    const state = { key: 'pipeline1', mark: { cursor: '7', keys: ['ü'] } }
    await using load = await sink.openLoad(specOf(target, { mode: 'append', state }), null)
    await write(load, target, '0000', [ada])
    expect(await sink.readState(state.key, target)).toBeNull()
    await load.publish()
    await load.complete()
    expect(await createFilesSink().readState(state.key, target)).toEqual(state.mark)
  })

  test('a full disk is an error that leaves the target as it was', async ({ skip }) => {
    const disk = join(folder, 'disk')
    await mkdir(disk)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk])
    if (mounted.status !== 0) skip('a small file system cannot be mounted by this user')
    try {
      const target = csv('disk/a.csv')
      await copy(target, [ada])
      const big: Cells[] = Array.from({ length: 4000 }, (_, n) => [String(n), 'x'.repeat(200), null])
      expect(await codeOf(copy(target, big))).toBe('FatalError DISK_FULL')
      expect(await text('disk/a.csv')).toBe(`${header}"1","Ada",\n`)
      expect(await readdir(disk)).toEqual(['a.csv'])
    } finally {
      spawnSync('umount', [disk])
    }
  })
})
