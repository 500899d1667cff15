import { createRequire } from 'node:module'

type OtelApi = typeof import('@opentelemetry/api')

let api: OtelApi | undefined

/**
 * OpenTelemetry's API, loaded when it is first wanted: that takes 20 ms, which commands without telemetry do not have to
 * spend at their start. Copies of it share one registry, so it does not matter that the SDK imports its own.
 */
export function otelApi(): OtelApi {
  api ??= createRequire(import.meta.url)('@opentelemetry/api') as OtelApi
  return api
}
