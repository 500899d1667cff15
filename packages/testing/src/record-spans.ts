import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  type SpanStatus,
  trace,
} from '@opentelemetry/api'

export interface RecordedSpan {
  readonly name: string
  /** Name of the span it is within. */
  readonly parent: string | undefined
  readonly attributes: Attributes
  readonly ended: boolean
  readonly status: number | undefined
}

/** Collects the spans of this process in the order they begin, which one is within which, until it is stopped. */
export function recordSpans(): { readonly spans: readonly RecordedSpan[]; stop(): void } {
  const spans: RecordedSpan[] = []
  const names = new WeakMap<Span, string>()
  const startSpan = (name: string, options: SpanOptions, within: Context): Span => {
    const around = trace.getSpan(within)
    const seen: { -readonly [K in keyof RecordedSpan]: RecordedSpan[K] } = {
      name,
      parent: around && names.get(around),
      attributes: options.attributes ?? {},
      ended: false,
      status: undefined,
    }
    spans.push(seen)
    const span = {
      spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }),
      end: () => {
        seen.ended = true
      },
      setStatus: ({ code }: SpanStatus) => {
        seen.status = code
      },
      setAttribute: (key: string, value: string) => {
        seen.attributes = { ...seen.attributes, [key]: value }
      },
      setAttributes: (more: Attributes) => {
        seen.attributes = { ...seen.attributes, ...more }
      },
    } as unknown as Span
    names.set(span, name)
    return span
  }
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
  return {
    spans,
    stop() {
      context.disable()
      trace.disable()
    },
  }
}
