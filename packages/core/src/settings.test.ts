import { describe, expect, it } from 'vitest'
import { readPlatformSettings } from './platform-settings.ts'
import { defineSettings, readSettings, secretValues } from './settings.ts'

const settings = defineSettings({
  retries: { env: 'APP_RETRIES', type: 'integer', default: 2, minimum: 0, maximum: 9, description: '' },
  fast: { env: 'APP_FAST', type: 'boolean', default: false, description: '' },
  level: { env: 'APP_LEVEL', type: 'choice', choices: ['low', 'high'], default: 'low', description: '' },
  token: { env: 'APP_TOKEN', type: 'string', default: null, secret: true, description: '' },
})

const file = (values: Record<string, unknown>) => ({ file: { path: 'app.yaml', values } })

describe('settings', () => {
  it('takes the environment over dynamic values over the file over the default', () => {
    const sources = { ...file({ retries: 5, fast: true, level: 'high' }), dynamic: { retries: 4, level: 'low' } }
    expect(readSettings(settings, { ...sources, env: { APP_RETRIES: '3', APP_LEVEL: '' } })).toEqual({
      retries: 3,
      fast: true,
      level: 'low',
      token: null,
    })
  })

  it.each<[string, Parameters<typeof readSettings>[1], string]>([
    [
      'a number out of bounds',
      { env: { APP_RETRIES: '10' } },
      'APP_RETRIES must be a whole number, at least 0 and at most 9, not 10.',
    ],
    [
      'text for a number',
      { env: { APP_RETRIES: '1.5' } },
      'APP_RETRIES must be a whole number, at least 0 and at most 9, not "1.5".',
    ],
    ['a strange boolean', { env: { APP_FAST: 'maybe' } }, 'APP_FAST must be true or false, not "maybe".'],
    [
      'a strange choice',
      { ...file({ level: 'mid' }), env: {} },
      '"level" in app.yaml must be one of low, high, not "mid".',
    ],
    ['an unknown key', { dynamic: { retrys: 1 }, env: {} }, 'Did you mean retries?'],
    [
      'a secret of the wrong type, without showing it',
      { dynamic: { token: 12345 }, env: {} },
      'the dynamic setting "token" must be text.',
    ],
  ])('refuses %s', (_, sources, message) => {
    expect(() => readSettings(settings, sources)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    )
  })

  it('lists secret values for redaction', () => {
    expect(secretValues(settings, readSettings(settings, { env: { APP_TOKEN: 'tk-1234' } }))).toEqual(['tk-1234'])
  })

  it('refuses a misspelt variable of its own prefix and leaves named connections alone', () => {
    expect(readPlatformSettings({ env: { MILLRACE_CONNECTION_SHOP: 'postgres://x', HOME: '/' } }).home).toBe(
      '.millrace',
    )
    expect(() => readPlatformSettings({ env: { MILLRACE_PARALEL: '2' } })).toThrow(
      expect.objectContaining({
        code: 'SETTING_UNKNOWN',
        message:
          'Millrace has no setting for the environment variable MILLRACE_PARALEL. Did you mean MILLRACE_PARALLEL?',
      }),
    )
  })
})
