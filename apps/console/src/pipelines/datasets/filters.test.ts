import { expect, it } from 'vitest'
import { datasetSearch, filterOf, filterText, questionsOf } from './filters.ts'

it('keeps of an address what is a filter', () => {
  const good = { column: 'country', comparison: '==', values: ['DE', null] }
  const given = [good, { column: 'x', comparison: 'like', values: ['a'] }, { column: 'x', comparison: '==' }, 'x', null]
  expect(datasetSearch({ filters: given })).toEqual({ filters: [good] })
  expect(datasetSearch({ filters: 'country' })).toEqual({})
})

it('says filters in words', () => {
  expect(filterText(filterOf('country', '==', ['DE', '']))).toBe('country is DE or empty')
  expect(filterText(filterOf('amount', '>=', ['7']))).toBe('amount is at least 7')
  expect(filterText(filterOf('note', 'missing', ['left over']))).toBe('note has no value')
  expect(filterText(filterOf('note', 'present', []))).toBe('note has a value')
})

it('asks nothing of what cannot be compared', () => {
  expect(questionsOf({ comparisons: [] })).toEqual([])
  expect(questionsOf({ comparisons: ['==', '!='] }).map(({ value }) => value)).toEqual([
    '==',
    '!=',
    'missing',
    'present',
  ])
})
