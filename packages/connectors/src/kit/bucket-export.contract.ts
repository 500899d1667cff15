import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { SqlConnector } from './connector.ts'
import type { CloudDir, Export } from './export.ts'
import type { ObjectStore } from './object-store.ts'

/** What a connector has to bring whose system writes exports into a bucket by itself. */
export interface BucketExportSamples {
  /** A connector whose exports go to an otherwise empty bucket. */
  readonly make: () => Promise<SqlConnector>
  readonly bucket: () => ObjectStore
  /** The folder in the bucket below which everything lies. */
  readonly folder: string
  /** A query of rows with a number `id` from 1 and a text `label` that is NULL for even ones. */
  readonly series: (rows: number) => string
  /** The line of the first row. */
  readonly firstLine: string
  /** Makes exports fail after so many files; without a number, no more. */
  readonly failAfter: (files?: number) => void
  /** What no error may hold. */
  readonly secrets: () => readonly string[]
}

/** Exports that a system writes into a bucket: all rows are there, and nothing but them, and in the end nothing. */
export function describeBucketExport(name: string, samples: () => BucketExportSamples): void {
  describe(`${name} exports into a bucket`, () => {
    const everything = () => samples().bucket().ls('')

    test('as files without a header below a folder of their own, which go with the export', async () => {
      const given = samples()
      await using connector = await given.make()
      {
        await using made = await connector.export(given.series(2500), { format: 'csv' })
        const folder = cloudDir(made)
        expect(folder.rows).toBe(2500)
        expect(folder.prefix.startsWith(given.folder)).toBe(true)
        const keys = await folder.store.ls(folder.prefix)
        expect(keys.length).toBeGreaterThan(1)
        expect(await everything()).toEqual(keys)
        const lines = (await Promise.all(keys.map((key) => read(folder.store, key)))).join('').split('\n')
        expect(lines).toHaveLength(2501)
        expect(lines).toContain(given.firstLine)
        const joined = await folder.store.cat(folder.prefix)
        expect((await read(folder.store, joined ?? '')).split('\n')).toHaveLength(2501)
      }
      expect(await everything()).toEqual([])
    })

    test('no object for no rows, and so many rows as were asked for', async () => {
      const given = samples()
      await using connector = await given.make()
      await using empty = await connector.export(`select * from (${given.series(10)}) as s where id < 0`, {
        format: 'csv',
      })
      expect(cloudDir(empty).rows).toBe(0)
      expect(await everything()).toEqual([])
      await using some = await connector.export(given.series(2500), { format: 'csv', rowLimit: 7 })
      expect(cloudDir(some).rows).toBe(7)
      await some[Symbol.asyncDispose]()
      expect(await everything()).toEqual([])
    })

    test('nothing when it fails in the middle, and tells no secret', async () => {
      const given = samples()
      await using connector = await given.make()
      given.failAfter(2)
      try {
        const error = await connector.export(given.series(2500), { format: 'csv' }).then(
          () => null,
          (failure: unknown) => failure,
        )
        expect(error).toMatchObject({ code: expect.any(String) })
        for (const secret of given.secrets()) expect(inspect(error, { depth: 10 })).not.toContain(secret)
        expect(await everything()).toEqual([])
      } finally {
        given.failAfter()
      }
      await expect(connector.export('select nonsense from nowhere', { format: 'csv' })).rejects.toMatchObject({
        code: expect.any(String),
      })
      expect(await everything()).toEqual([])
    })

    test('and change nothing, whatever the query is', async () => {
      await using connector = await samples().make()
      await connector.execute('create table export_kept (i int)')
      await connector.execute('insert into export_kept values (1)')
      const change = 'delete from export_kept where 1 = 1'
      for (const format of ['csv', 'ndjson'] as const) {
        for (const query of [change, `select 1; ${change}`, `select 1 as a) as q; ${change} and (1 = 1`]) {
          await expect(connector.export(query, { format })).rejects.toMatchObject({ code: expect.any(String) })
        }
      }
      // BigQuery's parentheses take no alias.
      const closing = `select 1 as a); ${change} and (1 = 1`
      await expect(connector.export(closing, { format: 'csv' })).rejects.toMatchObject({ code: expect.any(String) })
      expect(await connector.query('select count(*) from export_kept', { scalar: true })).toSatisfy(
        (count) => Number(count) === 1,
      )
      expect(await everything()).toEqual([])
    })

    test('nothing when it is aborted', async () => {
      const given = samples()
      await using connector = await given.make()
      const reason = new Error('enough')
      const signal = AbortSignal.abort(reason)
      await expect(connector.export(given.series(10), { format: 'csv', signal })).rejects.toBe(reason)
      expect(await everything()).toEqual([])
    })
  })
}

function cloudDir(made: Export): CloudDir {
  if (made.kind === 'cloud-dir') return made
  throw new Error(`The export is a ${made.kind}.`)
}

async function read(store: ObjectStore, key: string): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of store.read(key)) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
