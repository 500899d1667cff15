import { guideSettings, meter, tracer, withTraceContext } from '@millrace/core'
import type { Attributes, SpanStatusCode } from '@opentelemetry/api'
import type { AttemptSpec } from '../attempt.ts'

/** By its number, so that the package is not loaded where telemetry is off. */
const errorStatus: SpanStatusCode.ERROR = 2

/** Counts the attempt, and wraps it in a span of the run's trace. `failed` says whether what came out is a failure. */
export function inTaskSpan<T>(
  spec: AttemptSpec,
  work: () => Promise<T>,
  failed: (result: T) => string | undefined,
): Promise<T> {
  const attributes = attributesOf(spec)
  meter().createCounter('millrace.processing.tasks.executed').add(1, attributes)
  const name = `${spec.run.workflow}.${spec.node.id}`
  const options = { attributes: { ...attributes, 'dkist.root': 'True' } }
  const traced = () =>
    tracer().startActiveSpan(name, options, async (span) => {
      try {
        const result = await work()
        const message = failed(result)
        if (message !== undefined) span.setStatus({ code: errorStatus, message })
        return result
      } finally {
        span.end()
      }
    })
  return spec.traceparent === null ? traced() : withTraceContext({ traceparent: spec.traceparent }, traced)
}

/** A phase of the attempt. What is thrown to skip or defer is no error of it. */
export function inPhaseSpan<T>(
  name: 'Pre Run' | 'Run' | 'Post Run',
  work: () => Promise<T> | T,
  isError: (error: unknown) => boolean,
): Promise<T> {
  return tracer().startActiveSpan(name, async (span) => {
    try {
      return await work()
    } catch (error) {
      if (isError(error)) span.setStatus({ code: errorStatus })
      throw error
    } finally {
      span.end()
    }
  })
}

function attributesOf({ run, node }: AttemptSpec): Attributes {
  const { allocationId, allocationName, allocationGroup } = guideSettings
  return {
    'recipe.run.id': run.id,
    'workflow.name': run.workflow,
    'workflow.version': run.version,
    'task.name': node.id,
    'nomad.allocation.id': process.env[allocationId.env] || allocationId.default,
    'nomad.allocation.name': process.env[allocationName.env] || allocationName.default,
    'nomad.allocation.group': process.env[allocationGroup.env] || allocationGroup.default,
  }
}
