import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  type Meter,
  metrics,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  type SpanStatus,
  trace,
} from '@opentelemetry/api'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { runTask, SkipTask, Task } from '../index.ts'
import { attemptSpec, recordingHost } from './attempt.fixture.ts'

interface Seen {
  readonly name: string
  readonly parent: string | undefined
  readonly attributes: Attributes
  readonly ended: boolean
  readonly status: number | undefined
}

const names = new WeakMap<Span, string>()
let spans: Seen[] = []
let counts: [string, number, Attributes][] = []

/** As small as a provider can be that knows which span is within which. */
function startSpan(name: string, options: SpanOptions, within: Context): Span {
  const around = trace.getSpan(within)
  const seen: { -readonly [K in keyof Seen]: Seen[K] } = {
    name,
    parent: around && names.get(around),
    attributes: options.attributes ?? {},
    ended: false,
    status: undefined,
  }
  spans.push(seen)
  const span = {
    end: () => {
      seen.ended = true
    },
    setStatus: ({ code }: SpanStatus) => {
      seen.status = code
    },
  } as unknown as Span
  names.set(span, name)
  return span
}

beforeEach(() => {
  spans = []
  counts = []
  const storage = new AsyncLocalStorage<Context>()
  const manager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (within: Context, work: () => unknown) => storage.run(within, work),
    bind: (_: Context, target: unknown) => target,
    enable: () => manager,
    disable: () => manager,
  } as unknown as ContextManager
  context.setGlobalContextManager(manager)
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan: (name, options = {}, within = context.active()) => startSpan(name, options, within),
      startActiveSpan: (name: string, ...rest: unknown[]) => {
        const work = rest.at(-1) as (span: Span) => unknown
        const span = startSpan(name, rest.length > 1 ? (rest[0] as SpanOptions) : {}, context.active())
        return context.with(trace.setSpan(context.active(), span), () => work(span)) as never
      },
    }),
  })
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
  context.disable()
  trace.disable()
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
