import { expect, test } from 'vitest'
import { lookUpTogether } from './look-up-together.ts'

/** A look-up whose statements end when the test says so. */
function slowly() {
  const asked: { readonly keys: readonly string[]; end(result: Map<string, string> | Error): void }[] = []
  const lookUp = lookUpTogether<string, string>(
    (keys) =>
      new Promise((resolve, reject) => {
        asked.push({ keys, end: (result) => (result instanceof Error ? reject(result) : resolve(result)) })
      }),
  )
  return { asked, lookUp }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what is asked for while a statement is under way is read by the next one, for all who ask', async () => {
  const { asked, lookUp } = slowly()
  const first = lookUp('a')
  await turn()
  const later = [lookUp('a'), lookUp('b'), lookUp('a'), lookUp('c')]
  await turn()
  expect(asked.map(({ keys }) => keys)).toEqual([['a']])
  asked[0]?.end(new Map([['a', 'before']]))
  expect(await first).toBe('before')
  await turn()
  expect(asked.map(({ keys }) => keys)).toEqual([['a'], ['a', 'b', 'c']])
  asked[1]?.end(new Map([['b', 'B']]))
  expect(await Promise.all(later)).toEqual([undefined, 'B', undefined, undefined])
  const last = lookUp('b')
  await turn()
  asked[2]?.end(new Map())
  expect(await last).toBeUndefined()
})

test('a statement that fails is a failure of those who waited for it, and of nobody later', async () => {
  const { asked, lookUp } = slowly()
  const first = expect(lookUp('a')).rejects.toThrow('lost')
  await turn()
  const second = lookUp('b')
  asked[0]?.end(new Error('lost'))
  await first
  await turn()
  asked[1]?.end(new Map([['b', 'B']]))
  expect(await second).toBe('B')
})
