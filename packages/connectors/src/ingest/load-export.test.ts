import type { TinybirdClient } from '@millrace/tinybird'
import { expect, test } from 'vitest'
import type { Export } from '../kit/export.ts'
import type { ObjectStore } from '../kit/object-store.ts'
import { errorOf } from '../kit/sink-rows.contract.ts'
import { loadExport } from './load-export.ts'

const made: string[] = []
const log = {
  debug: () => {},
  info: (message: string) => made.push(`info ${message}`),
  warning: (message: string) => made.push(`warning ${message}`),
  error: () => {},
}
const answer = { successfulRows: 1 }

/** Notes what it is asked for; nothing else of the client is needed. */
const client = (failing = false) =>
  new Proxy({} as TinybirdClient, {
    get:
      (_, method: string) =>
      async (...values: unknown[]) => {
        made.push(`${method} ${values.slice(0, 2).join(' ')}`)
        if (failing) throw new Error('the request failed')
        return method === 'query' ? 5 : answer
      },
  })

const store = (keys: readonly string[]) =>
  ({
    cat: async (prefix: string) => (keys.length === 0 ? null : keys.length === 1 ? keys[0] : `${prefix}/joined.cdk`),
    ls: async () => [...keys],
    publicUrl: async (key: string) => `https://signed/${key}`,
  }) as unknown as ObjectStore

const exported = (what: Partial<Export> & { readonly kind: Export['kind'] }, failing = false) =>
  ({
    rows: null,
    ...what,
    async [Symbol.asyncDispose]() {
      made.push('removed')
      if (failing) throw new Error('the bucket is gone')
    },
  }) as Export

const append = { dataSource: 'd', mode: 'append', format: 'csv', source: 'The query' } as const
const replace = { ...append, mode: 'replace' } as const

const seen = async (work: () => Promise<unknown>) => {
  made.length = 0
  const error = await errorOf(work())
  return { error: error === null ? null : String(error), made: [...made] }
}

test('every kind of export is loaded its own way and then removed', async () => {
  const data = exported({ kind: 'data', data: Buffer.from('1\n') })
  expect((await seen(() => loadExport(client(), data, append, log))).made).toEqual(['appendData d 1\n', 'removed'])
  const file = exported({ kind: 'local-file', path: '/somewhere/x.csv', bytes: 3 })
  expect((await seen(() => loadExport(client(), file, replace, log))).made).toEqual([
    'replaceFile d /somewhere/x.csv',
    'removed',
  ])
  const url = exported({ kind: 'url', url: 'https://there/x' })
  expect((await seen(() => loadExport(client(), url, append, log))).made).toEqual([
    'appendUrl d https://there/x',
    'removed',
  ])
  const object = exported({ kind: 'cloud-file', store: store(['a']), key: 'a' })
  expect((await seen(() => loadExport(client(), object, replace, log))).made).toEqual([
    'replaceUrl d https://signed/a',
    'removed',
  ])
  const folder = exported({ kind: 'cloud-dir', store: store(['p/1', 'p/2']), prefix: 'p' })
  expect((await seen(() => loadExport(client(), folder, append, log))).made).toEqual([
    'appendUrl d https://signed/p/joined.cdk',
    'removed',
  ])
})

test('an empty folder is appended without a request, and not replaced in silence', async () => {
  const folder = () => exported({ kind: 'cloud-dir', store: store([]), prefix: 'p' })
  const nothing = await seen(() => loadExport(client(), folder(), append, log))
  expect(nothing).toEqual({ error: null, made: [expect.stringContaining('info There are no rows'), 'removed'] })
  const refused = await seen(() => loadExport(client(), folder(), replace, log))
  expect(refused.error).toMatch(/The query has no rows.*all 5 rows of "d"/)
  expect(refused.made.at(-1)).toBe('removed')
  const allowed = await seen(() => loadExport(client(), folder(), { ...replace, allowEmpty: true }, log))
  expect(allowed.made.slice(1)).toEqual([
    'truncate d ',
    expect.stringContaining('warning The query has no rows'),
    'removed',
  ])
})

test('several files of Parquet are refused, one is loaded', async () => {
  const parquet = { ...append, format: 'parquet' } as const
  const two = exported({ kind: 'cloud-dir', store: store(['p/1', 'p/2']), prefix: 'p' })
  const refused = await seen(() => loadExport(client(), two, parquet, log))
  expect(refused).toEqual({ error: expect.stringContaining('several Parquet files'), made: ['removed'] })
  const one = exported({ kind: 'cloud-dir', store: store(['p/1']), prefix: 'p' })
  const loaded = await seen(() => loadExport(client(), one, parquet, log))
  expect(loaded.made).toEqual(['appendUrl d https://signed/p/1', 'removed'])
})

test('an export is removed when its load failed, and a failing removal never hides that', async () => {
  const failed = await seen(() => loadExport(client(true), exported({ kind: 'url', url: 'u' }, true), append, log))
  expect(failed.error).toBe('Error: the request failed')
  expect(failed.made).toEqual(['appendUrl d u', 'removed', expect.stringMatching(/^warning .*the bucket is gone/)])
  const fine = await seen(() => loadExport(client(), exported({ kind: 'url', url: 'u' }, true), append, log))
  expect(fine.error).toBeNull()
})
