import { expect, test } from 'vitest'
import { hasTelemetry } from './no-telemetry.ts'
import { injectTraceContext, meter, traceFields, tracer, withTraceContext } from './trace-context.ts'

test('Spans, instruments and trace contexts do nothing while nobody collects them', async () => {
  expect(hasTelemetry()).toBe(false)
  const seen = tracer().startActiveSpan('outer', { attributes: { a: 1 } }, (span) => {
    span.setAttribute('b', 2).addEvent('happened').setStatus({ code: 2 }).end()
    return tracer().startActiveSpan('inner', (inner) => inner.isRecording())
  })
  expect(seen).toBe(false)
  expect(tracer().startSpan('alone').spanContext().traceId).toBe('0'.repeat(32))
  meter().createCounter('tasks').add(1)
  meter().createHistogram('seconds').record(0.5)
  meter()
    .createObservableGauge('rows')
    .addCallback(() => {})
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  expect(withTraceContext({ traceparent }, () => injectTraceContext())).toEqual({})
  expect(traceFields()).toEqual({})
})

test('What somebody registers is used from then on', async () => {
  const { trace } = await import('@opentelemetry/api')
  const real = { startSpan: () => ({ isRecording: () => true }), startActiveSpan() {} }
  trace.setGlobalTracerProvider({ getTracer: () => real as never })
  expect(tracer().startSpan('real').isRecording()).toBe(true)
  trace.disable()
})
