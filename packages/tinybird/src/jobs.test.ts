import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { JobError } from './errors.ts'
import { type ScriptedServer, startScriptedServer } from './scripted-server.test.fixture.ts'

let server: ScriptedServer
beforeAll(async () => {
  server = await startScriptedServer()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.requests.length = 0
  server.clock.waits.length = 0
  server.messages.length = 0
})

const status = (word: unknown, rest: object = {}) => ({ body: { id: 'j1', kind: 'import', status: word, ...rest } })

it('looks more seldom with time, and tells at every fifth look', async () => {
  server.script(
    ...Array.from({ length: 11 }, () => status('working')),
    status('done', { statistics: { row_count: 7 } }),
  )
  const job = await server.client().waitForJob('j1')
  expect(job).toMatchObject({ id: 'j1', kind: 'import', status: 'done', rows: 7, error: null })
  expect(server.clock.waits).toEqual([1000, 1500, 2250, 3375, 5000, 5000, 5000, 5000, 5000, 5000, 5000])
  expect(server.messages).toEqual(['info The job j1 is working since 8 s.', 'info The job j1 is working since 33 s.'])
})

it.each(['error', 'cancelled', 'paused', '', null, 7])('fails at the status %j', async (word) => {
  server.script(status('cancelling'), status(word, { error: 'broken file', quarantine_rows: 2 }))
  const error = await server
    .client()
    .waitForJob('j1')
    .catch((thrown) => thrown)
  expect(error).toBeInstanceOf(JobError)
  expect(error).toMatchObject({ jobId: 'j1', details: { jobId: 'j1', quarantinedRows: 2 } })
  expect(error.message).toContain('broken file')
  expect(server.requests).toHaveLength(2)
})

it('ends at the deadline, also for a job that is stuck', async () => {
  server.script(status('working'))
  const error = await server
    .client()
    .waitForJob('j1')
    .catch((thrown) => thrown)
  expect(error).toBeInstanceOf(JobError)
  expect(error.message).toMatch(/^The job j1 is still working after 359\d s\./)
  await expect(server.client({ jobDeadlineMs: 3000 }).waitForJob('j1')).rejects.toThrow('after 3 s')
  await expect(server.client().waitForJob('j1', { deadlineMs: 0 })).rejects.toThrow('after 0 s')
})

it('survives a gateway that is gone for a moment', async () => {
  server.script({ status: 502 }, 'cut', status('done'))
  expect(await server.client().waitForJob('j1')).toMatchObject({ status: 'done' })
})

it('stops waiting when aborted', async () => {
  const controller = new AbortController()
  server.script((_request, response) => {
    controller.abort(new Error('enough'))
    response.end('{"status":"working"}')
  })
  await expect(server.client().waitForJob('j1', { signal: controller.signal })).rejects.toThrow('enough')
})

it('lists jobs by what is asked for', async () => {
  server.script({
    body: {
      jobs: [
        { job_id: 'a', kind: 'copy', status: 'waiting' },
        { id: 'b', status: 'new' },
      ],
    },
  })
  const jobs = await server.client().jobs({
    kind: 'copy',
    status: 'waiting',
    createdAfter: new Date('2026-01-01'),
    createdBefore: new Date('2026-02-01'),
  })
  expect(jobs.map(({ id, kind, status }) => [id, kind, status])).toEqual([
    ['a', 'copy', 'waiting'],
    ['b', 'unknown', 'new'],
  ])
  expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
    kind: 'copy',
    status: 'waiting',
    created_after: '2026-01-01T00:00:00.000Z',
    created_before: '2026-02-01T00:00:00.000Z',
  })
})

it('asks for a job by an encoded name', async () => {
  server.script(status('done'))
  await server.client().job('a/../b?c')
  expect(server.requests[0]?.url).toBe('/v0/jobs/a%2F..%2Fb%3Fc')
})
