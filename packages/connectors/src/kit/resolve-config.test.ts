import { expect, test } from 'vitest'
import type { ConfigSchema } from './config-schema.ts'
import { redactConfig, redactText, secretsOf } from './redact.ts'
import { resolveConfig } from './resolve-config.ts'

const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    host: { type: 'string', title: 'Host', env: ['DEMO_HOST', 'HOST_DEMO'] },
    port: { type: 'integer', title: 'Port', default: 5432, minimum: 1, maximum: 65535, env: ['DEMO_PORT'] },
    ssl: { type: 'string', title: 'TLS', enum: ['on', 'off'] },
    strict: { type: 'boolean', title: 'Strict' },
    password: { type: 'string', title: 'Password', env: ['DEMO_PASSWORD'] },
  },
  required: ['host'],
  secret: ['password'],
  order: ['host', 'port', 'ssl', 'strict', 'password'],
}
const demo = { name: 'demo', configSchema }

test.each([
  [{ host: 'a' }, {}, { host: 'a', port: 5432 }],
  [{ host: 'a' }, { DEMO_HOST: 'b', DEMO_PORT: '1' }, { host: 'a', port: 1 }],
  [{}, { HOST_DEMO: 'c' }, { host: 'c', port: 5432 }],
  [{}, { DEMO_HOST: '' }, { host: '', port: 5432 }],
  [{ host: 'a', strict: 'yes', ssl: 'on' }, {}, { host: 'a', port: 5432, strict: true, ssl: 'on' }],
])('%j with %j is %j', (given, environment, expected) => {
  expect(resolveConfig(demo, given, environment)).toEqual(expected)
})

test.each([
  [{}, 'MISSING_CONFIGURATION', 'DEMO_HOST or HOST_DEMO'],
  [{ host: 'a', port: 70000 }, 'INVALID_CONFIGURATION', 'from 1 to 65535'],
  [{ host: 'a', port: 'x' }, 'INVALID_CONFIGURATION', 'port'],
  [{ host: 'a', ssl: 'maybe' }, 'INVALID_CONFIGURATION', 'one of on, off'],
  [{ hots: 'a' }, 'UNKNOWN_CONFIGURATION', 'Did you mean "host"?'],
])('%j is refused with %s', (given, code, text) => {
  expect(() => resolveConfig(demo, given as Record<string, string>, {})).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(text) }),
  )
})

test('secrets are redacted from configurations and from text in both spellings', () => {
  const values = { host: 'a', password: 'p@ss word' }
  expect(redactConfig(configSchema, values)).toEqual({ host: 'a', password: '***' })
  expect(redactText('p@ss word or p%40ss%20word', secretsOf(configSchema, values))).toBe('*** or ***')
})
