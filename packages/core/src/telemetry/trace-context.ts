import type { Meter, Tracer } from '@opentelemetry/api'
import { hasTelemetry, noMeter, noTracer } from './no-telemetry.ts'
import { otelApi } from './otel-api.ts'

const name = 'millrace'

/** What carries a trace from one process to another, as text: `traceparent`, `tracestate`, `baggage`. Empty when telemetry is off. */
export type TraceContext = Readonly<Record<string, string>>

/** Makes spans that go nowhere until telemetry is started. Ask for it when a span is made, not before. */
export function tracer(): Tracer {
  return hasTelemetry() ? otelApi().trace.getTracer(name) : noTracer
}

/** Makes instruments that count nothing when telemetry was off as they were made. */
export function meter(): Meter {
  return hasTelemetry() ? otelApi().metrics.getMeter(name) : noMeter
}

/** The trace of here and now by W3C Trace Context, to put into a message, a row or an environment. */
export function injectTraceContext(): TraceContext {
  if (!hasTelemetry()) return {}
  const { context, propagation } = otelApi()
  const carrier: Record<string, string> = {}
  propagation.inject(context.active(), carrier)
  return carrier
}

/** Calls `work` as a part of the trace that was injected elsewhere; with an empty or unreadable one it begins its own. */
export function withTraceContext<T>(traceContext: TraceContext, work: () => T): T {
  if (!hasTelemetry()) return work()
  const { context, propagation } = otelApi()
  return context.with(propagation.extract(context.active(), traceContext), work)
}

/** For lines of the log: which trace and span they belong to, if any. */
export function traceFields(): Readonly<Record<string, string>> {
  if (!hasTelemetry()) return {}
  const { isSpanContextValid, trace } = otelApi()
  const spanContext = trace.getActiveSpan()?.spanContext()
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return {}
  return { trace_id: spanContext.traceId, span_id: spanContext.spanId }
}
