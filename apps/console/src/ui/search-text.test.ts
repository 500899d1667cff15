import { expect, it } from 'vitest'
import { searchText } from './search-text.ts'

it.each([
  ['ledg', 'type:Project ledg'],
  ['the ledger, of 2026', 'type:Project the ledger of 2026'],
  ['bank / Ledg', 'type:Project namespace:"bank" Ledg'],
  ['bank/', 'type:Project namespace:"bank"'],
  ['a "type:User" -7d Ängström', 'type:Project a type User 7d Ängström'],
])('looks for what is typed, whatever the language of the search makes of it: %s', (text, expected) => {
  expect(searchText('Project', text)).toBe(expected)
})
