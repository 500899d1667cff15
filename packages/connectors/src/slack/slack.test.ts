import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NotifyConnector } from '../kit/notify.ts'
import { describeNotifyConnector } from '../kit/notify-connector.contract.ts'
import { resolveConfig } from '../kit/resolve-config.ts'
import { type ScriptedServer, startScriptedServer } from '../kit/scripted-server.contract.ts'
import { definition } from './connector.ts'

let server: ScriptedServer
const taken: string[] = []
const make = (config: Record<string, string>) =>
  definition.create(resolveConfig(definition, { api_url: `${server.url}/api`, ...config }, {})) as NotifyConnector

beforeAll(async () => {
  server = await startScriptedServer(({ path, body }) => {
    if (path === '/api/auth.test') return { body: { ok: true, user: 'mill', team: 'Data' } }
    if (path.startsWith('/services/') && body === '{}') return { status: 400, body: 'no_text' }
    taken.push(body)
    return path.startsWith('/services/') ? { body: 'ok' } : { body: { ok: true, ts: '1700000000.000100' } }
  })
})
afterAll(() => server[Symbol.asyncDispose]())

describeNotifyConnector('slack with a token', () => ({
  definition,
  config: { token: 'xoxb-very-secret', channel: 'alerts', api_url: `${server.url}/api` },
  arrived: () => taken,
  failFor: (attempts) => server.script(...Array(attempts).fill({ status: 429, headers: { 'Retry-After': '0' } })),
  refuse: () => server.script({ body: { ok: false, error: 'channel_not_found' } }),
  unreachable: { api_url: 'http://127.0.0.1:1/api' },
}))

describeNotifyConnector('slack with a webhook', () => ({
  definition,
  config: { webhook_url: `${server.url}/services/T0/B0/verysecret` },
  arrived: () => taken,
  failFor: (attempts) => server.script(...Array(attempts).fill({ status: 503, body: 'busy' })),
  refuse: () => server.script({ status: 404, body: 'no_service' }),
  unreachable: { webhook_url: 'http://127.0.0.1:1/services/T0/B0/verysecret' },
}))

test('posts blocks to the channel, with the token in the header', async () => {
  await using connector = make({ token: 'xoxb-1', channel: 'alerts' })
  const result = await connector.notify(
    { level: 'success', title: 'Loaded <orders>', text: 'a & b', fields: { rows: '3' } },
    { to: '#other' },
  )
  expect(result).toEqual({ id: '1700000000.000100' })
  const { path, headers, body } = server.received.at(-1) as ScriptedServer['received'][0]
  expect(path).toBe('/api/chat.postMessage')
  expect(headers.authorization).toBe('Bearer xoxb-1')
  expect(JSON.parse(body)).toMatchObject({
    channel: '#other',
    text: '✅ Loaded &lt;orders&gt;',
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: '✅ Loaded <orders>' } },
      { type: 'section', text: { text: 'a &amp; b' } },
      { type: 'section', fields: [{ text: '*rows*\n3' }] },
    ],
  })
})

test('says what is missing', async () => {
  expect(() => make({})).toThrow('it needs "webhook_url" (SLACK_WEBHOOK_URL) or "token" (SLACK_BOT_TOKEN)')
  await using connector = make({ token: 'xoxb-1' })
  await expect(connector.notify({ level: 'info', title: 'x' })).rejects.toMatchObject({ code: 'CHANNEL_REQUIRED' })
  await using webhook = make({ webhook_url: `${server.url}/services/x` })
  const elsewhere = webhook.notify({ level: 'info', title: 'x' }, { to: 'alerts' })
  await expect(elsewhere).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
})

test('an address names a channel, and never a token', () => {
  expect(definition.parseUri('slack:#alerts')).toEqual({ channel: '#alerts' })
  expect(definition.parseUri('slack:')).toEqual({})
  expect(() => definition.parseUri('slack://xoxb-1@alerts')).toThrow('cannot be read')
})
