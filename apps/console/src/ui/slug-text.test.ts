import { expect, it } from 'vitest'
import { slugFrom, slugProblem } from './slug-text.ts'

it.each([
  ['Flight  data', 'flight-data'],
  ['Übersicht: Flüge / Züge', 'ubersicht-fluge-zuge'],
  ['...a..b.git', 'a.b'],
  ['日本', ''],
])('makes of the name %s the slug %s', (name, slug) => {
  expect(slugFrom(name)).toBe(slug)
})

it('says what is wrong with a slug', () => {
  expect(['flight-data', 'a.b_c', '0'].map(slugProblem)).toEqual([undefined, undefined, undefined])
  for (const wrong of ['', 'A', '-a', 'a--b', 'a.git', 'a b', 'x'.repeat(100)]) expect(slugProblem(wrong)).toBeDefined()
})
