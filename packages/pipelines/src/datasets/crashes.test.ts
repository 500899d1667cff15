import { expect, test } from 'vitest'
import { publishedRuns } from '../index.ts'
import { dyingStore, fetchRows, publish, useDatasets } from './dataset.test.fixture.ts'
import { folderOf } from './place.ts'

const dataset = useDatasets()
const old = [
  { n: 1, country: 'DE' },
  { n: 2, country: 'FR' },
]
const fresh = [
  { n: 3, country: 'DE' },
  { n: 4, country: 'IT' },
]
const partitionBy = ['country']
const numbers = async (place: Parameters<typeof fetchRows>[0]) =>
  (await fetchRows(place, { query: 'select n from data order by n' })).map(({ n }) => Number(n))

test.each(['before', 'after'] as const)(
  'a publish that dies %s any of its changes leaves the old rows or the new ones, whole',
  async (when) => {
    const seen = new Set<string>()
    for (let at = 1; ; at++) {
      const place = dataset(`dying-${when}-${at}`)
      await publish(place, '7', old, { partitionBy })
      const dying = dyingStore(place.store, at, when)
      await publish({ ...place, store: dying.store }, '7', fresh, { partitionBy }).catch(() => {})
      const found = (await numbers(place)).join()
      expect(found).toMatch(/^(1,2|3,4)$/)
      seen.add(found)
      if (!dying.dead()) break
      // The next publish works, and takes away what was left.
      await publish(place, '7', old, { partitionBy })
      expect(await place.store.ls(folderOf(place, place.contract))).toHaveLength(3)
      await place.store.rmtree(folderOf(place, place.contract))
    }
    expect([...seen]).toEqual(['1,2', '3,4'])
  },
)

test('a first publish that dies leaves nothing to be read, and the next one works', async () => {
  const place = dataset('first')
  const dying = dyingStore(place.store, 2, 'after')
  await expect(publish({ ...place, store: dying.store }, '7', fresh, { partitionBy })).rejects.toThrow('killed')
  expect(await publishedRuns(place)).toEqual([])
  expect(await fetchRows(place)).toEqual([])
  await publish(place, '7', fresh, { partitionBy })
  expect(await numbers(place)).toEqual([3, 4])
  expect(await place.store.ls(folderOf(place, place.contract))).toHaveLength(3)
})

test('of publishers of one run at the same time one wins, and what it wrote is whole', async () => {
  const place = dataset('race')
  for (let round = 0; round < 3; round++) {
    const outcomes = await Promise.all(
      [10, 20, 30].map((first) =>
        publish(place, '7', [{ n: first }, { n: first + 1 }]).then(
          () => first,
          (error: { readonly code: string }) => error.code,
        ),
      ),
    )
    const winners = outcomes.filter((outcome) => typeof outcome === 'number')
    expect(winners.length).toBeGreaterThan(0)
    for (const outcome of outcomes) if (typeof outcome === 'string') expect(outcome).toBe('DATASET_PUBLISH_CONFLICT')
    const [first = 0, second] = await numbers(place)
    expect(winners).toContain(first)
    expect(second).toBe(first + 1)
  }
})

test('a publish whose answer is lost knows that it counted', async () => {
  const place = dataset('lost-answer')
  const lost = {
    ...place.store,
    write: async (...given: Parameters<typeof place.store.write>) => {
      const written = await place.store.write(...given)
      if (given[0].endsWith('.json')) throw new Error('the connection was cut')
      return written
    },
  }
  expect(await publish({ ...place, store: lost }, '7', old)).toMatchObject({ rows: 2 })
  expect(await numbers(place)).toEqual([1, 2])
})

test('a reader whose run is published again meanwhile reads the new rows', async () => {
  const place = dataset('reader')
  await publish(place, '7', old, { partitionBy })
  let republished = false
  const store = {
    ...place.store,
    async *read(...given: Parameters<typeof place.store.read>) {
      if (!republished && given[0].endsWith('.parquet')) {
        republished = true
        await publish(place, '7', fresh, { partitionBy })
      }
      yield* place.store.read(...given)
    },
  }
  expect(await numbers({ ...place, store })).toEqual([3, 4])
})
