import { expect, it } from 'vitest'
import { changedConfig } from './changed-config.ts'

it('tells what changed and what was emptied, and nothing of secrets that stay', () => {
  const before = { host: 'a', port: 1, password: '<sensitive>', token: '<sensitive>' }
  expect(changedConfig(before, { host: 'b', password: '<sensitive>', user: 'x' })).toEqual({
    host: 'b',
    user: 'x',
    port: null,
    token: null,
  })
  expect(changedConfig(before, { ...before })).toEqual({})
})
