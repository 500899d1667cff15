import { expect, test } from 'vitest'
import { callbackUrl } from './next-url.ts'

test.each([
  [null, 'https://127.0.0.1:7474'],
  ['https://millrace.example.com', 'https://millrace.example.com'],
  ['http://millrace.example.com', 'https://millrace.example.com'],
  ['http://localhost:7474', 'http://localhost:7474'],
  ['http://127.0.0.1.example.com', 'https://127.0.0.1.example.com'],
])('services send the browser back by https, unless the public address %s is of this machine', (publicUrl, origin) => {
  const request = new Request('http://127.0.0.1:7474/api/data/oauth2/providers/a/authorize')
  expect(callbackUrl({ publicUrl }, request)).toBe(`${origin}/api/data/oauth2/callback`)
})
