import { expect, it } from 'vitest'
import { changesOf, editedOf, rebased } from './edited.ts'

const saved = { name: 'Shop', description: '', keywords: ['a'] }
const typing = (typed: Partial<typeof saved>) => ({ ...editedOf(saved, '1'), typed })

it('saves only what differs from what was there', () => {
  expect(changesOf(typing({ name: 'Shop', keywords: ['a', 'b'] }))).toEqual({ keywords: ['a', 'b'] })
})

it('takes what others changed where nothing was typed, and keeps what was typed', () => {
  const after = rebased(typing({ description: 'Mine' }), { ...saved, name: 'Store' }, '2')
  expect(after).toMatchObject({ base: { name: 'Store' }, etag: '2', typed: { description: 'Mine' }, clashes: [] })
})

it('names the fields that both changed, unless to the same', () => {
  const after = rebased(typing({ name: 'Mine', description: 'Same' }), {
    ...saved,
    name: 'Theirs',
    description: 'Same',
  })
  expect(after.clashes).toEqual(['name'])
  expect(changesOf(after)).toEqual({ name: 'Mine' })
})
