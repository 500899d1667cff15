import { expect, it } from 'vitest'
import { variableText, variableValue } from './variable-value.ts'

it('takes JSON as such and everything else as text', () => {
  expect(['3', 'true', '"3"', '{"a": [1]}', 'plain text', '', '{broken'].map(variableValue)).toEqual([
    ...[3, true, '3', { a: [1] }, 'plain text', '', '{broken'],
  ])
})

it('shows each value such that saving it unchanged changes nothing', () => {
  for (const value of [3, null, true, '3', 'null', 'text', '', '"quoted"', { a: [1, 'x'] }, ['b']]) {
    expect(variableValue(variableText(value))).toEqual(value)
  }
})
