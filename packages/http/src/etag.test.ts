import { expect, test } from 'vitest'
import { checkIfMatch, etagOf, isNotModified, requireIfMatch } from './etag.ts'

const current = etagOf('2026-01-01T00:00:00Z')
const withHeader = (name: string, value: string) => new Request('http://x/', { headers: { [name]: value } })

test('an ETag is strong, quoted, and in upper case', () => {
  expect(current).toMatch(/^"[0-9A-F]{32}"$/)
})

test.each([
  [current, true],
  [`"other", ${current}`, true],
  [`W/${current}`, true],
  ['*', true],
  ['"other"', false],
])('with If-None-Match %s the caller has it: %s', (header, expected) => {
  expect(isNotModified(withHeader('if-none-match', header), current)).toBe(expected)
})

test('a change has to name the ETag it is based on, and is refused when that is not the current one', () => {
  expect(() => requireIfMatch(new Request('http://x/'))).toThrow(
    expect.objectContaining({ status: 428, message: 'If-Match header not provided.' }),
  )
  const given = requireIfMatch(withHeader('if-match', current))
  expect(() => checkIfMatch(given, current)).not.toThrow()
  expect(() => checkIfMatch(given, '"NEWER"')).toThrow(
    expect.objectContaining({ status: 409, message: expect.stringContaining(`"NEWER", not ${current}`) }),
  )
})
