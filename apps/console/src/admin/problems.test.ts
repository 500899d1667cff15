import { expect, it } from 'vitest'
import type { Schema } from '../api/schema.ts'
import { problemsOf } from './problems.ts'

const worker = {
  ...{ id: '1', name: 'w1', host: 'h1', pid: 1, version: '0', queues: ['default'], slots: 4, running: 0, holds: [] },
  ...{ state: 'active', started_at: '', seen_at: '' },
} satisfies Schema<'Worker'>
const queue = {
  ...{ queue: 'gpu', ready: 0, waiting_for_pool: 0, delayed: 0, running: 0, workers: 0, slots: 0, free_slots: 0 },
} satisfies Schema<'Queue'>
const titles = (platform: Parameters<typeof problemsOf>[0]) => problemsOf(platform).map(({ title }) => title)

it('finds nothing where everything works, be a queue without workers as long as nothing waits in it', () => {
  expect(titles({ workers: [worker], queues: [queue], jobs: [] })).toEqual([])
})

it('names queues that nobody serves, silent workers and failed jobs', () => {
  const failed: Schema<'Job'> = {
    ...{ name: 'retention', description: '' },
    last_run: { id: 1, job: 'retention', state: 'failed', attempt: 1, created_at: '', error: 'disk full' },
  }
  const platform = {
    workers: [{ ...worker, state: 'silent' as const }],
    queues: [{ ...queue, ready: 2 }],
    jobs: [failed],
  }
  expect(titles(platform)).toEqual([
    'No worker takes work',
    'Nobody serves the queue gpu',
    'The worker w1 is silent',
    'The job retention failed',
  ])
  expect(problemsOf(platform).at(-1)?.text).toBe('disk full')
})

it('begins with what the server itself leans on', () => {
  const check = { state: 'ok', message: '', duration_ms: 1 } as const
  const details = {
    checks: [
      { ...check, name: 'database' as const },
      { ...check, name: 'artifacts' as const, state: 'failed' as const, message: 'The disk is full.' },
      { ...check, name: 'secrets_service' as const, state: 'not_set' as const },
    ],
    schedulers: [{ host: 'h', pid: 1, state: 'silent' as const, started_at: '', seen_at: '' }],
    requests: { seconds: 300, count: 10, server_errors: 2 },
  }
  expect(titles({ details, workers: [worker], queues: [], jobs: [] })).toEqual([
    'Store of results and logs: does not work',
    'Secrets service: not set',
    'No scheduler runs',
    '2 requests failed lately',
  ])
})
