import type { Attributes, Span, SpanStatusCode } from '@opentelemetry/api'
import { tracer } from './trace-context.ts'

/** By its number, so that the package is not loaded where telemetry is off. */
const errorStatus: SpanStatusCode.ERROR = 2

/**
 * Does `work` as a span of the trace that is active, which is active within it. What it throws marks the span as failed; the
 * text of the error stays out of it, since it may quote data.
 */
export function inSpan<T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> {
  return tracer().startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      const { code } = error as { readonly code?: unknown }
      span.setStatus({ code: errorStatus, ...(typeof code === 'string' ? { message: code } : {}) })
      throw error
    } finally {
      span.end()
    }
  })
}
