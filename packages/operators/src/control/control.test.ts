import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Json, RunState } from '@millrace/workflow'
import { expect, test } from 'vitest'
import { failureOf, outputOf, runOperator } from '../run-operator.test.fixture.ts'

const branch = {
  cases: [
    { when: 'params.full', to: ['all', 'report'] },
    { when: 'outputs["load.orders"].rows[0].n > 2 and dt == "2024-01-02"', to: 'some' },
    { when: '{{ outputs.odd.text | length == 14 }}', to: 'odd' },
  ],
  otherwise: 'nothing',
  outputs: ['load.orders', 'odd'],
}

test.each<[Record<string, Json>, number, string, string[]]>([
  [{ full: true }, 0, '', ['all', 'report']],
  [{ full: false }, 3, '', ['some']],
  [{ full: false }, 0, '%} {{ 1 }} "q"', ['odd']],
  [{ full: false }, 0, '', ['nothing']],
])('a branch with %j, %i rows and %j chooses %j', async (params, n, odd, chosen) => {
  const outputs = { 'load.orders': { rows: [{ n, none: null, yes: true }] }, odd: { text: odd } }
  const ran = await runOperator('branch', branch, { params, outputs })
  expect(ran.outcome, JSON.stringify(ran.outcome)).toMatchObject({ kind: 'success', choice: chosen })
})

test('a condition that cannot be read fails the task with the text', async () => {
  const ran = await runOperator('branch', { cases: [{ when: 'params.full and', to: 'a' }] }, { params: {} })
  expect(failureOf(ran)).toMatchObject({ recovery: 'config' })
  expect(failureOf(await runOperator('branch', { cases: [{ when: 'unknown_name > 1', to: 'a' }] }))).toMatchObject({
    code: 'TEMPLATE_UNKNOWN_NAME',
  })
})

test('an empty operator does nothing', async () => {
  expect(outputOf(await runOperator('empty', {}))).toBeNull()
})

test('a run event tells the id of the run', async () => {
  const told = outputOf(await runOperator('run_event', { pipeline: 'p1' }))
  expect(told).toEqual({
    runId: expect.any(String),
    pipeline: 'p1',
    logicalDate: expect.stringMatching(/^2024-01-02T/),
  })
})

test('a message is sent with its templates filled in', async () => {
  const got: Json[] = []
  await using server = createServer(async (request, response) => {
    got.push(JSON.parse(await text(request)) as Json)
    response.end('ok')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  const ran = await runOperator(
    'notify',
    {
      connection: 'team',
      title: 'Sales of {{ dt }}',
      text: 'by {{ params.who }}',
      level: 'warning',
      fields: { rows: '{{ params.rows }}' },
      link: { url: 'https://example.com/{{ dt }}' },
    },
    { connections: { team: { connector: 'webhook', values: { url } } }, params: { who: 'us', rows: 3 } },
  )
  outputOf(ran)
  expect(JSON.stringify(got)).toMatch(/Sales of 2024-01-02.*by us/)
  expect(ran.text).toContain('was sent')
  const wrong = await runOperator(
    'notify',
    { connection: 'db', title: 'x' },
    { connections: { db: { connector: 'sqlite', values: { path: 'x' } } } },
  )
  expect(failureOf(wrong)).toMatchObject({
    code: 'CONNECTION_KIND',
    message: expect.stringContaining('not a messenger'),
  })
})

function linked(states: RunState[]) {
  const started: object[] = []
  return {
    started,
    host: {
      async trigger(workflow: string, options: object) {
        started.push({ workflow, ...options })
        return '99'
      },
      runState: async () => states.shift() ?? ('success' as const),
    },
  }
}

test('a link starts one run, gives its worker back while it runs, and ends with it', async () => {
  const { started, host } = linked(['queued', 'running', 'success'])
  const config = { workflow: 'reports', params: { day: '{{ dt }}' }, intervalSeconds: 5 }
  const first = await runOperator('link', config, { host })
  expect(first.outcome).toMatchObject({
    kind: 'defer',
    seconds: 5,
    state: { runId: '99' },
    reason: expect.stringContaining('queued'),
  })
  const second = await runOperator('link', config, { host, state: { runId: '99' } })
  expect(second.outcome).toMatchObject({ kind: 'defer' })
  expect(outputOf(await runOperator('link', config, { host, state: { runId: '99' } }))).toEqual({
    runId: '99',
    state: 'success',
  })
  expect(started).toEqual([
    {
      workflow: 'reports',
      params: { day: '2024-01-02' },
      key: 'link:sales.daily:7:node',
      logicalDate: '2024-01-02T00:00:00.000Z',
    },
  ])
})

test('a link fails, or is skipped, with the run it waits for', async () => {
  const ran = await runOperator('link', { workflow: 'reports' }, { host: linked(['failed']).host })
  expect(failureOf(ran)).toMatchObject({ code: 'LINKED_RUN_FAILED', recovery: 'fatal' })
  const soft = await runOperator('link', { workflow: 'reports', softFail: true }, { host: linked(['cancelled']).host })
  expect(soft.outcome).toMatchObject({ kind: 'skip', reason: expect.stringContaining('was cancelled') })
  const apart = await runOperator('link', { workflow: 'reports', wait: false }, { host: linked(['queued']).host })
  expect(outputOf(apart)).toEqual({ runId: '99', state: 'queued' })
})
