import { tmpdir } from 'node:os'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from './run-command.fixture.ts'
import { type Platform, serverToken, startPlatform } from './server.fixture.ts'

let postgres: TestPostgres
let platform: Platform

beforeAll(async () => {
  postgres = await startPostgres()
  platform = await startPlatform(postgres.url())
})

afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

async function millrace(...args: readonly string[]) {
  const env = { MILLRACE_URL: platform.url, MILLRACE_TOKEN: serverToken }
  const { code, out, err } = await runCommand(args, { cwd: tmpdir(), env })
  return { code, out: out.toString(), err }
}

test('a job runs in the server while the command waits, and is listed with how it went', async () => {
  const run = await millrace('jobs', 'run', 'relation-repair')
  expect(run).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^relation-repair ended after [\d.]+ s\.\n {2}added: 0\n/),
  })
  const { out } = await millrace('jobs', 'list')
  expect(out).toMatch(/relation-repair +37 4 \* \* \* .*succeeded/)
  expect(out).toMatch(/retention +17 \* \* \* \* /)
  const json = await millrace('jobs', 'run', 'relation-repair', '--json')
  expect(JSON.parse(json.out)).toMatchObject({ job: 'relation-repair', state: 'succeeded', summary: { added: 0 } })
})

test('a job that fails is told with its reason, and one that is not known with the nearest', async () => {
  const wrong = await millrace('jobs', 'run', 'retentoin')
  expect(wrong.code).not.toBe(0)
  expect(wrong.err).toContain('Did you mean "retention"?')
})
