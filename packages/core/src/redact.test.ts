import { expect, it } from 'vitest'
import { redact, redactFields } from './redact.ts'

it.each([
  ['postgres://ann:s3cret@db/shop', [], 'postgres://ann:***@db/shop'],
  ['postgres://ann:p@ss@db/shop failed', [], 'postgres://ann:***@db/shop failed'],
  ['https://x.example/v0?token=p.abc&name=a', [], 'https://x.example/v0?token=***&name=a'],
  [
    'password authentication failed with hunter2 for ann',
    ['hunter2'],
    'password authentication failed with *** for ann',
  ],
  ['tried {"p":"a\\"b c"} and a%22b%20c', ['a"b c'], 'tried {"p":"***"} and ***'],
  [
    'a line MIIEvQIBADANBgkq of it',
    ['-----BEGIN KEY-----\nMIIEvQIBADANBgkq\r\nAQ==\n-----END KEY-----\n'],
    'a line *** of it',
  ],
  ['short and longer', ['short', 'short and'], '*** longer'],
  ['the letter a stays', ['a'], 'the letter a stays'],
  ['postgres://db/shop is fine, so is 12:30@noon', [], 'postgres://db/shop is fine, so is 12:30@noon'],
])('redacts %s', (text, secrets, expected) => {
  expect(redact(text, secrets)).toBe(expected)
})

it('takes a time that grows with the text and not faster', () => {
  const seconds = (length: number) => {
    const began = performance.now()
    redact('x'.repeat(length))
    return (performance.now() - began) / 1000
  }
  expect(seconds(1_000_000)).toBeLessThan(2)
})

it('masks secret fields by name and by list, at any depth, and keeps the rest', () => {
  const error = new Error('no route to mysql://u:pw@h/d', { cause: new Error('inner hunter2') })
  const fields = { db: { PGPASSWORD: 'x', rows: 3, list: [{ apiKey: 'k', passwordless: true }] }, dsn: 'y', error }
  expect(redactFields(fields, new Set(['dsn']), ['hunter2'])).toEqual({
    db: { PGPASSWORD: '***', rows: 3, list: [{ apiKey: '***', passwordless: true }] },
    dsn: '***',
    error: expect.objectContaining({
      type: 'Error',
      message: 'no route to mysql://u:***@h/d',
      cause: expect.objectContaining({ message: 'inner ***' }),
    }),
  })
})
