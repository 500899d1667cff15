import { expect, test } from 'vitest'
import { hasTerm, isPlain, toggled } from './search-text.ts'

test('a facet is put into the text of the search, and taken out again', () => {
  expect(toggled('forest', 'type', 'Project')).toBe('forest type:Project')
  expect(toggled('forest type:project "a b"', 'type', 'Project')).toBe('forest "a b"')
  expect(toggled('', 'keyword', 'wild fire')).toBe('keyword:"wild fire"')
  expect(toggled('x keyword:"wild fire"', 'keyword', 'wild fire')).toBe('x')
  expect(toggled('', 'keyword', 'a "b" \\c')).toBe('keyword:"a \\"b\\" \\\\c"')
  expect(hasTerm('keyword:"a \\"b\\" \\\\c" x', 'keyword', 'a "b" \\c')).toBe(true)
  expect(hasTerm('keyword:"a type:Project"', 'type', 'Project')).toBe(false)
})

test('names of workflows are looked for by words, and not by the language of the search', () => {
  expect(isPlain('daily orders')).toBe(true)
  expect(isPlain('type:Project')).toBe(false)
  expect(isPlain('created<2026')).toBe(false)
  expect(isPlain(' ')).toBe(false)
})
