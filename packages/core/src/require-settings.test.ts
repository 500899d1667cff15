import { expect, test } from 'vitest'
import { requireSettings } from './require-settings.ts'
import { defineSettings, readSettings } from './settings.ts'

const settings = defineSettings({
  url: { env: 'APP_URL', type: 'string', default: null, description: 'Where it is.' },
  token: { env: 'APP_TOKEN', type: 'string', default: null, secret: true, description: 'What opens it.' },
  name: { env: 'APP_NAME', type: 'string', default: null, description: 'Not needed.' },
})
const required = (env: Record<string, string>) =>
  requireSettings(settings, readSettings(settings, { env }), ['url', 'token'], { who: 'The app', next: 'Read on.' })

test('all settings that are missing are named at once, with what they are', () => {
  expect(() => required({})).toThrow(
    'The app needs APP_URL and APP_TOKEN. Set them in the environment:\n  APP_URL\n    Where it is.\n  APP_TOKEN\n    What opens it.\nRead on.',
  )
  expect(() => required({ APP_URL: 'x' })).toThrow('The app needs APP_TOKEN. Set it in the environment:')
})

test('what is there is no longer null', () => {
  const { url, token }: { url: string; token: string } = required({ APP_URL: 'x', APP_TOKEN: 'y' })
  expect([url, token]).toEqual(['x', 'y'])
})
