import { recordSpans } from '@millrace/testing'
import { type Attributes, type Meter, metrics } from '@opentelemetry/api'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { runTask, SkipTask, Task } from '../index.ts'
import { attemptSpec, recordingHost } from './attempt.fixture.ts'

let recorder: ReturnType<typeof recordSpans>
let spans: ReturnType<typeof recordSpans>['spans'] = []
let counts: [string, number, Attributes][] = []

beforeEach(() => {
  recorder = recordSpans()
  spans = recorder.spans
  counts = []
  metrics.setGlobalMeterProvider({
    getMeter: () =>
      ({
        createCounter: (name: string) => ({
          add: (value: number, attributes: Attributes) => counts.push([name, value, attributes]),
        }),
      }) as unknown as Meter,
  })
})

afterEach(() => {
  recorder.stop()
  metrics.disable()
  vi.unstubAllEnvs()
})

class Load extends Task {
  readonly error: Error | undefined
  constructor(error?: Error) {
    super()
    this.error = error
  }
  run() {
    if (this.error) throw this.error
  }
}

const run = (task: Task) => runTask(task, attemptSpec(), recordingHost(), { signal: new AbortController().signal })

it('counts the task, and wraps it and its phases in spans with where and what it is', async () => {
  vi.stubEnv('NOMAD_ALLOC_ID', 'a-1')
  await run(new Load())
  const attributes = {
    'recipe.run.id': '42',
    'workflow.name': 'flights_daily',
    'workflow.version': '1.0',
    'task.name': 'task',
    'nomad.allocation.id': 'a-1',
    'nomad.allocation.name': 'unknown-allocation-name',
    'nomad.allocation.group': 'unknown-allocation-group',
  }
  expect(counts).toEqual([['millrace.processing.tasks.executed', 1, attributes]])
  expect(spans).toEqual([
    {
      name: 'flights_daily.task',
      parent: undefined,
      attributes: { ...attributes, 'dkist.root': 'True' },
      ended: true,
      status: undefined,
    },
    ...['Pre Run', 'Run', 'Post Run'].map((name) => ({
      name,
      parent: 'flights_daily.task',
      attributes: {},
      ended: true,
      status: undefined,
    })),
  ])
})

it('marks the spans of a failure as errors, and leaves out what was not run', async () => {
  await run(new Load(new Error('no')))
  expect(spans.map(({ name, status, ended }) => [name, status, ended])).toEqual([
    ['flights_daily.task', 2, true],
    ['Pre Run', undefined, true],
    ['Run', 2, true],
  ])
})

it('does not take a skip for an error', async () => {
  await run(new Load(new SkipTask('nothing to do')))
  expect(spans.map(({ status }) => status)).toEqual([undefined, undefined, undefined])
})
