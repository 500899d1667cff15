import type { Meter, Span, Tracer } from '@opentelemetry/api'

/**
 * What spans and instruments are while nobody collects them. OpenTelemetry's API has the same, but takes 20 ms to load,
 * which the process of a task would pay before its first attempt.
 */
export const noTracer: Tracer = {
  startSpan: () => noSpan,
  startActiveSpan: (...args: readonly unknown[]) => (args.at(-1) as (span: Span) => never)(noSpan),
}

const noSpan: Span = {
  spanContext: () => ({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }),
  setAttribute: () => noSpan,
  setAttributes: () => noSpan,
  addEvent: () => noSpan,
  addLink: () => noSpan,
  addLinks: () => noSpan,
  setStatus: () => noSpan,
  updateName: () => noSpan,
  end() {},
  isRecording: () => false,
  recordException() {},
}

const instrument = { add() {}, record() {} }
const observable = { addCallback() {}, removeCallback() {} }

export const noMeter: Meter = {
  createCounter: () => instrument,
  createUpDownCounter: () => instrument,
  createHistogram: () => instrument,
  createGauge: () => instrument,
  createObservableCounter: () => observable,
  createObservableUpDownCounter: () => observable,
  createObservableGauge: () => observable,
  addBatchObservableCallback() {},
  removeBatchObservableCallback() {},
}

/** Where all copies of OpenTelemetry's API, of this major version, keep what is registered with them. */
const registry = Symbol.for('opentelemetry.js.api.1')

/** Whether anybody in this process, Millrace or a task, has registered something that collects or propagates. */
export function hasTelemetry(): boolean {
  return registry in globalThis
}
