import { expect, it } from 'vitest'
import { entityQuery } from './entity-query.ts'

it('narrows words by fields', () => {
  const query = entityQuery({ type: 'Project', words: ' forest fire', namespace: 'acme', roles: ['owner', 'editor'] })
  expect(query).toBe('forest fire type:Project namespace:acme role:owner,editor')
})

it('makes nothing of the language of what a person types', () => {
  expect(entityQuery({ type: 'User', words: 'a type:Group "b, \\c' })).toBe('a type Group  b   c type:User')
})
