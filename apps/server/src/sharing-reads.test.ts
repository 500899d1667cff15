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

const about = (reads: ReturnType<typeof sharingReads>, key: string, caller = 'ada') =>
  reads.about(['project', caller], key, (given) => sql`select * from project where id = ${given} and owner = ${caller}`)

test('what is asked about several keys at the same time is one statement, and each gets the rows of its key', async () => {
  const { sent, reads } = slowly()
  const first = about(reads, 'a')
  await turn()
  const later = [about(reads, 'b'), about(reads, 'a'), about(reads, 'c'), about(reads, 'b')]
  await turn()
  expect(sent).toHaveLength(1)
  sent[0]?.end([{ asked_place: 1, id: 'a' }])
  expect(await first).toEqual([{ id: 'a' }])
  await turn()
  expect(sent.map(({ statement }) => statement.values)).toEqual([
    [['a'], 'ada'],
    [['b', 'a', 'c'], 'ada'],
  ])
  sent[1]?.end([
    { asked_place: 2, id: 'a', n: 2 },
    { asked_place: 1, id: 'b', n: 1 },
    { asked_place: 1, id: 'b', n: 3 },
  ])
  const b = [
    { id: 'b', n: 1 },
    { id: 'b', n: 3 },
  ]
  expect(await Promise.all(later)).toEqual([b, [{ id: 'a', n: 2 }], [], b])
})

test('callers who are others share nothing, whatever they ask about', async () => {
  const { sent, reads } = slowly()
  void about(reads, 'a')
  void about(reads, 'a', 'bob')
  await turn()
  expect(sent.map(({ statement }) => statement.values)).toEqual([
    [['a'], 'ada'],
    [['a'], 'bob'],
  ])
})

test('a key that cannot be read is a failure of those only who asked about it', async () => {
  const { sent, reads } = slowly()
  const asked = [about(reads, 'good'), about(reads, 'bad')].map((one) => one.catch((error) => String(error)))
  await turn()
  sent[0]?.end(new Error('refused'))
  await turn()
  expect(sent.slice(1).map(({ statement }) => statement.values[0])).toEqual([['good'], ['bad']])
  sent[1]?.end([{ asked_place: 1, n: 1 }])
  sent[2]?.end(new Error('refused again'))
  expect(await Promise.all(asked)).toEqual([[{ n: 1 }], 'Error: refused again'])
})

test('what is read and made under one name at the same time is done once, and by its next time anew', async () => {
  const { reads } = slowly()
  let done = 0
  const ends: (() => void)[] = []
  const work = async () => {
    await new Promise<void>((resolve) => ends.push(resolve))
    return { n: ++done }
  }
  const first = reads.once(['list', 'ada'], work)
  await turn()
  const later = [reads.once(['list', 'ada'], work), reads.once(['list', 'ada'], work)]
  const other = reads.once(['list', 'bob'], work)
  await turn()
  expect(ends).toHaveLength(2)
  ends.shift()?.()
  expect(await first).toEqual({ n: 1 })
  await turn()
  ends.shift()?.()
  expect(await other).toEqual({ n: 2 })
  ends.shift()?.()
  const [one, same] = await Promise.all(later)
  expect([one, one === same, Object.isFrozen(one)]).toEqual([{ n: 3 }, true, true])
})
