import { expect, it } from 'vitest'
import { changesOf, valueText } from './changes.ts'

it('names the fields that differ, within fields as well, and leaves out what changes with everything', () => {
  const before = { name: 'Fire', config: { host: 'a', port: 1 }, updated_at: '1', list: [1] }
  const after = { name: 'Flood', config: { host: 'b', port: 1, tls: true }, updated_at: '2', list: [1] }
  expect(changesOf(before, after)).toEqual([
    { field: 'name', before: 'Fire', after: 'Flood' },
    { field: 'config.host', before: 'a', after: 'b' },
    { field: 'config.tls', after: true },
  ])
})

it('shows of what was made or removed all that it had, and nothing that was never set', () => {
  expect(changesOf(undefined, { id: 1, note: null })).toEqual([{ field: 'id', after: 1 }])
  expect(changesOf({ id: 1, note: null }, undefined)).toEqual([{ field: 'id', before: 1 }])
  expect(changesOf(undefined, undefined)).toEqual([])
})

it('tells a field that was set to nothing', () => {
  expect(changesOf({ note: 'x' }, { note: null })).toEqual([{ field: 'note', before: 'x', after: null }])
})

it('puts every value into words', () => {
  expect([undefined, null, '', 'x', 3, [1]].map(valueText)).toEqual(['not there', 'nothing', 'empty', 'x', '3', '[1]'])
})
