import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NotifyConnector } from '../kit/notify.ts'
import { describeNotifyConnector } from '../kit/notify-connector.contract.ts'
import { type ScriptedServer, startScriptedServer } from '../kit/scripted-server.contract.ts'
import { definition } from './connector.ts'

let server: ScriptedServer
const taken: string[] = []

beforeAll(async () => {
  server = await startScriptedServer(({ method, body }) => {
    if (method === 'POST') taken.push(body)
    return { body: { code: 0, msg: 'success' } }
  })
})
afterAll(() => server[Symbol.asyncDispose]())

describeNotifyConnector('feishu', () => ({
  definition,
  config: { webhook_url: `${server.url}/open-apis/bot/v2/hook/verysecret`, signing_secret: 'signed-with-this' },
  arrived: () => taken.map((body) => body.replaceAll('<!channel>', '')),
  failFor: (attempts) => server.script(...Array(attempts).fill({ status: 502 })),
  refuse: () => server.script({ body: { code: 19021, msg: 'sign match fail' } }),
  unreachable: { webhook_url: 'http://127.0.0.1:1/open-apis/bot/v2/hook/verysecret' },
}))

test('posts a signed card of plain text', async () => {
  await using connector = definition.create({
    webhook_url: `${server.url}/hook/t`,
    signing_secret: 'shared',
    per_minute: 100,
  }) as NotifyConnector
  await connector.notify({ level: 'success', title: 'Done', text: '<at id=all></at>', fields: { rows: '3' } })
  const { timestamp, sign, card, msg_type } = JSON.parse(server.received.at(-1)?.body ?? '')
  expect(sign).toBe(createHmac('sha256', `${timestamp}\nshared`).update('').digest('base64'))
  expect(msg_type).toBe('interactive')
  expect(card.header).toEqual({ template: 'green', title: { tag: 'plain_text', content: '✅ Done' } })
  expect(card.elements[0]).toEqual({ tag: 'div', text: { tag: 'plain_text', content: '<at id=all></at>' } })
})
