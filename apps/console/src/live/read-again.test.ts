import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { expect, it } from 'vitest'
import { readingAgain } from './read-again.ts'

/** A reading that is shown, whose answers the test gives. */
function shown() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const asked: PromiseWithResolvers<number>[] = []
  const signals: AbortSignal[] = []
  const observer = new QueryObserver(client, {
    queryKey: ['/api/runs'],
    queryFn: ({ signal }) => {
      signals.push(signal)
      const answer = Promise.withResolvers<number>()
      asked.push(answer)
      return answer.promise
    },
  })
  observer.subscribe(() => {})
  const hint = readingAgain(client)
  const answer = async (value: number) => {
    asked.at(-1)?.resolve(value)
    await expect.poll(() => observer.getCurrentResult().data).toBe(value)
  }
  return { asked, signals, answer, hint: () => hint(({ queryKey }) => queryKey[0] === '/api/runs') }
}

it('lets a reading that is under way end, however many hints come, and makes it once more after it', async () => {
  const { asked, signals, answer, hint } = shown()
  for (let count = 0; count < 20; count++) hint()
  expect(asked).toHaveLength(1)
  await answer(1)
  await expect.poll(() => asked.length).toBe(2)
  await answer(2)
  expect(asked).toHaveLength(2)
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
})

it('makes a reading again at once when none is under way, and not when no hint came', async () => {
  const { asked, answer, hint } = shown()
  await answer(1)
  expect(asked).toHaveLength(1)
  hint()
  expect(asked).toHaveLength(2)
  await answer(2)
  expect(asked).toHaveLength(2)
})
