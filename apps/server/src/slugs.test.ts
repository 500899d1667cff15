import { expect, test } from 'vitest'
import { slugFrom, slugInPath, slugOrNull, slugText } from './slugs.ts'

test('a slug is made from a name step by step', () => {
  const made = [
    ['Flight Delays', 'flight-delays'],
    ['  Flight \t\n Delays ', 'flight-delays'],
    ['Zürich Café', 'zurich-cafe'],
    ['a/b:c(d)', 'a-b-c-d'],
    ['a.-_b', 'a.b'],
    ['__a__', 'a'],
    ['repo.git', 'repo'],
    ['feed.atom', 'feed'],
    ['a.git.git', 'a'],
    ['㎒ 5', 'mhz-5'],
    ['.git', 'git'],
    ['ΑΒΓ x', 'x'],
  ]
  expect(made.map(([name]) => [name, slugFrom(`${name}`)])).toEqual(made)
})

test('a name without anything for a slug is refused', () => {
  for (const name of ['日本', '---', ' ', '!?']) expect(() => slugFrom(name)).toThrow('Give a slug of its own')
})

test('whatever the name is, the slug that is made from it is one', () => {
  const characters = [...'aZ0.-_ é日/\\@#\0\u{1F600}㎒ǅﬃİ', '.git', '.atom']
  let seed = 42
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((seed / 2 ** 31) * below)
  }
  for (let attempt = 0; attempt < 2000; attempt++) {
    const name = Array.from({ length: random(60) }, () => characters[random(characters.length)]).join('')
    for (const length of [99, 80, 5]) {
      const slug = slugOrNull(name, length)
      if (slug === null) continue
      expect(slugText.safeParse(slug), JSON.stringify({ name, slug })).toMatchObject({ success: true })
      expect(slug.length).toBeLessThanOrEqual(length)
    }
  }
})

test('slugs in addresses may have capital letters', () => {
  expect(slugInPath.parse('Flight-Delays')).toBe('flight-delays')
  expect(slugInPath.safeParse('a/b').success).toBe(false)
})
