import { describeNotifyConnector, type ScriptedServer, startScriptedServer } from '@millrace/connectors/contract'
import { afterAll, beforeAll } from 'vitest'
import { definition } from './connector.ts'

let server: ScriptedServer
const taken: string[] = []

beforeAll(async () => {
  server = await startScriptedServer(({ path, body }) => {
    if (path === '/messages') taken.push(body)
    return { body: { id: String(taken.length) } }
  })
})
afterAll(() => server[Symbol.asyncDispose]())

// What every messenger has to do. Tests of the system's own rules stand beside it.
describeNotifyConnector('Acme', () => ({
  definition,
  config: { url: server.url, token: 'very-secret' },
  arrived: () => taken,
  failFor: (attempts) => server.script(...Array(attempts).fill({ status: 503 })),
  refuse: () => server.script({ status: 403 }),
  unreachable: { url: 'http://127.0.0.1:1' },
}))
