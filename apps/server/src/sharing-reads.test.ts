import { type Queryable, type Sql, sql } from '@millrace/db'
import { expect, test } from 'vitest'
import { sharingReads } from './sharing-reads.ts'

/** Statements end when the test says so. */
function slowly() {
  const sent: { readonly statement: Sql; end(result: unknown): void }[] = []
  const query = (statement: Sql) =>
    new Promise<never>((resolve, reject) => {
      sent.push({
        statement,
        end: (result) => (result instanceof Error ? reject(result) : resolve(result as never)),
      })
    })
  const db: Queryable = { query, one: query, maybe: query, execute: query }
  return { sent, reads: sharingReads(db) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const of = (id: string) => sql`select ${id}`

test('those who ask while a statement is under way share the next one, and nobody gets what was read before he asked', async () => {
  const { sent, reads } = slowly()
  const first = reads.query(of('a'))
  await turn()
  const later = [reads.query(of('a')), reads.query(of('a')), reads.query(of('a'))]
  await turn()
  expect(sent).toHaveLength(1)
  sent[0]?.end([{ n: 1 }])
  expect(await first).toEqual([{ n: 1 }])
  await turn()
  expect(sent).toHaveLength(2)
  const latest = reads.query(of('a'))
  sent[1]?.end([{ n: 2 }])
  expect(await Promise.all(later)).toEqual([[{ n: 2 }], [{ n: 2 }], [{ n: 2 }]])
  await turn()
  expect(sent).toHaveLength(3)
  sent[2]?.end([{ n: 3 }])
  expect(await latest).toEqual([{ n: 3 }])
  const again = reads.query(of('a'))
  await turn()
  expect(sent).toHaveLength(4)
  sent[3]?.end([])
  expect(await again).toEqual([])
})

test('other values, and another way to read, are other statements', async () => {
  const { sent, reads } = slowly()
  void reads.query(of('a'))
  void reads.query(of('b'))
  void reads.one(of('a'))
  await turn()
  expect(sent.map(({ statement }) => statement.values)).toEqual([['a'], ['b'], ['a']])
})

test('a failure is that of those who waited for it, and of nobody later', async () => {
  const { sent, reads } = slowly()
  const first = expect(reads.query(of('a'))).rejects.toThrow('lost')
  await turn()
  const second = reads.query(of('a'))
  sent[0]?.end(new Error('lost'))
  await first
  await turn()
  sent[1]?.end([{ n: 2 }])
  expect(await second).toEqual([{ n: 2 }])
})
