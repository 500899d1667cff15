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
    return { body: { errcode: 0, errmsg: 'ok' } }
  })
})
afterAll(() => server[Symbol.asyncDispose]())

describeNotifyConnector('dingtalk', () => ({
  definition,
  config: { webhook_url: `${server.url}/robot/send?access_token=verysecret`, signing_secret: 'SECsecret' },
  arrived: () => taken,
  failFor: (attempts) => server.script(...Array(attempts).fill({ status: 502 })),
  refuse: () => server.script({ body: { errcode: 310000, errmsg: 'sign not match' } }),
  unreachable: { webhook_url: 'http://127.0.0.1:1/robot/send?access_token=verysecret' },
}))

test('signs the address, and escapes Markdown and mentions', async () => {
  await using connector = definition.create({
    webhook_url: `${server.url}/robot/send?access_token=t`,
    signing_secret: 'SEC1',
    per_minute: 20,
  }) as NotifyConnector
  await connector.notify({ level: 'warning', title: 'Late *run*', text: 'one\n@all', fields: { rows: '3' } })
  const { path, body } = server.received.at(-1) as ScriptedServer['received'][0]
  const query = new URL(path, server.url).searchParams
  const timestamp = query.get('timestamp')
  expect(query.get('access_token')).toBe('t')
  expect(query.get('sign')).toBe(createHmac('sha256', 'SEC1').update(`${timestamp}\nSEC1`).digest('base64'))
  expect(JSON.parse(body)).toEqual({
    msgtype: 'markdown',
    markdown: { title: '⚠️ Late *run*', text: '### ⚠️ Late \\*run\\*\n\none  \n＠all\n\n- **rows**: 3' },
  })
})
