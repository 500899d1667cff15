import { expect, it } from 'vitest'
import { rates } from './rates.ts'

it('tells what was done per second between two looks', () => {
  const samples = [
    { at: 0, done: 0 },
    { at: 1000, done: 500 },
    // Too soon after the last one to say anything.
    { at: 1100, done: 501 },
    { at: 3000, done: 2500 },
    // An attempt that began anew.
    { at: 4000, done: 0 },
  ]
  expect(rates(samples)).toEqual([
    { at: 1000, value: 500 },
    { at: 3000, value: 1000 },
    { at: 4000, value: 0 },
  ])
  expect(rates([])).toEqual([])
})
