import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NotifyConnector } from '../kit/notify.ts'
import { describeNotifyConnector } from '../kit/notify-connector.contract.ts'
import { type ScriptedServer, startScriptedServer } from '../kit/scripted-server.contract.ts'
import { definition } from './connector.ts'

let server: ScriptedServer
const taken: string[] = []
const make = (config: Record<string, string>) =>
  definition.create({ url: `${server.url}/hook`, per_minute: 600, ...config }) as NotifyConnector

beforeAll(async () => {
  server = await startScriptedServer(({ method, body }) => {
    // Markup means nothing in JSON; the receiver reads values.
    if (method === 'POST')
      taken.push(body.replaceAll('<!channel>', '').replaceAll('\\n', '\n').replaceAll('\nX-', ' X-'))
    return { status: method === 'POST' ? 202 : 405 }
  })
})
afterAll(() => server[Symbol.asyncDispose]())

describeNotifyConnector('webhook', () => ({
  definition,
  config: {
    url: `${server.url}/hook?key=verysecret`,
    signing_secret: 'signed-with-this',
    authorization: 'Bearer also-secret',
  },
  arrived: () => taken,
  failFor: (attempts) => server.script(...Array(attempts).fill({ status: 500 })),
  refuse: () => server.script({ status: 403 }),
  unreachable: { url: 'http://127.0.0.1:1/hook?key=verysecret' },
}))

test('signs what it posts', async () => {
  await using connector = make({ signing_secret: 'shared', authorization: 'Bearer t' })
  await connector.notify({ level: 'info', title: 'hello' })
  const { headers, body } = server.received.at(-1) as ScriptedServer['received'][0]
  expect(headers.authorization).toBe('Bearer t')
  const expected = createHmac('sha256', 'shared').update(`${headers['x-millrace-timestamp']}.${body}`).digest('hex')
  expect(headers['x-millrace-signature']).toBe(`sha256=${expected}`)
  expect(JSON.parse(body)).toMatchObject({ level: 'info', title: 'hello', text: '', fields: {}, link: null })
})

test('posts a body of the receiver’s own shape', async () => {
  const body_template = '{"summary": {{ (level ~ ": " ~ title) | tojson }}, "rows": {{ fields.rows }}}'
  await using connector = make({ body_template })
  await connector.notify({ level: 'info', title: 'a "quoted" title', fields: { rows: '3' } })
  expect(JSON.parse(server.received.at(-1)?.body ?? '')).toEqual({ summary: 'info: a "quoted" title', rows: 3 })
  await using broken = make({ body_template: '{"title": {{ title }}}' })
  await expect(broken.notify({ level: 'info', title: 'x' })).rejects.toMatchObject({ code: 'TEMPLATE_FAILED' })
})

test('does not follow a redirect with a message in its hands', async () => {
  await using connector = make({})
  server.script({ status: 307, headers: { Location: `${server.url}/elsewhere` } })
  await expect(connector.notify({ level: 'info', title: 'x' })).rejects.toMatchObject({ code: 'REDIRECTED' })
})

test('a connection that is cut is tried again', async () => {
  await using connector = make({})
  server.script({ cut: true })
  await connector.notify({ level: 'info', title: 'after the cut' })
  expect(server.received.at(-1)?.body).toContain('after the cut')
})

test('refuses what is no address without repeating it', () => {
  expect(() => make({ url: 'hooks.example.com/secret-key' })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret-key') }),
  )
  expect(definition.parseUri('webhook+https://example.com/hook')).toEqual({ url: 'https://example.com/hook' })
})
