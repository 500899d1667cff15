import { ConfigError } from '../errors.ts'
import { type GuideSettings, guideSettings, meshAddress } from '../guide-settings.ts'
import { otelApi } from './otel-api.ts'
import { observeSystem } from './system-metrics.ts'
import { meter } from './trace-context.ts'

/** Of the mesh, where traces and metrics go that have no endpoint of their own. */
const collector = 'opentelemetry-collector'

export type TelemetrySettings = Pick<
  GuideSettings,
  | 'serviceName'
  | 'serviceVersion'
  | 'allocationId'
  | 'allocationName'
  | 'allocationGroup'
  | 'tracesEndpoint'
  | 'tracesInsecure'
  | 'metricsEndpoint'
  | 'metricsInsecure'
  | 'systemMetrics'
  | 'meshConfig'
>

export interface Telemetry {
  /** What is sent. */
  readonly sends: { readonly traces: boolean; readonly metrics: boolean }
  /**
   * Sends what is left and switches telemetry off. Ends within its bound and never fails: what cannot be sent by then
   * is lost, since no process must wait for its telemetry.
   */
  shutdown(): Promise<void>
}

/**
 * Sends traces and metrics by OTLP over gRPC to the endpoints of the settings, or else to the mesh; with neither it does
 * nothing and loads nothing. It is started once, before the first instrument is made.
 *
 * @param options.flushTimeoutMs How long `shutdown` may take. Default 5,000.
 * @throws ConfigError `SETTING_INVALID` for an endpoint that is none, `TELEMETRY_PACKAGES_MISSING`
 */
export async function startTelemetry(
  settings: TelemetrySettings,
  { flushTimeoutMs = 5000 }: { readonly flushTimeoutMs?: number } = {},
): Promise<Telemetry> {
  const tracesUrl = endpointUrl(settings, 'traces')
  const metricsUrl = endpointUrl(settings, 'metrics')
  const sends = { traces: tracesUrl !== null, metrics: metricsUrl !== null }
  if (tracesUrl === null && metricsUrl === null) return { sends, shutdown: async () => {} }

  const { NodeSDK, OTLPTraceExporter, OTLPMetricExporter, PeriodicExportingMetricReader } = await loadSdk()
  const sdk = new NodeSDK({
    serviceName: settings.serviceName,
    resourceDetectors: [{ detect: () => ({ attributes: resourceAttributes(settings) }) }],
    ...(tracesUrl === null
      ? { spanProcessors: [] }
      : { traceExporter: new OTLPTraceExporter({ url: tracesUrl, timeoutMillis: flushTimeoutMs }) }),
    metricReaders:
      metricsUrl === null
        ? []
        : [
            new PeriodicExportingMetricReader({
              exporter: new OTLPMetricExporter({ url: metricsUrl, timeoutMillis: flushTimeoutMs }),
            }),
          ],
    // Logs are lines of text that carry the ids of the trace; given none, the SDK would send them too.
    logRecordProcessors: [],
    instrumentations: [],
  })
  sdk.start()
  if (metricsUrl !== null && settings.systemMetrics !== null) observeSystem(meter(), settings.systemMetrics)

  let stopping: Promise<void> | undefined
  return {
    sends,
    shutdown: () => {
      stopping ??= withinBound(sdk.shutdown(), flushTimeoutMs).finally(() => {
        const { trace, metrics, propagation, context } = otelApi()
        for (const part of [trace, metrics, propagation, context]) part.disable()
      })
      return stopping
    },
  }
}

function endpointUrl(settings: TelemetrySettings, signal: 'traces' | 'metrics'): string | null {
  const mesh = meshAddress(settings, collector)
  const endpoint = settings[`${signal}Endpoint`] ?? (mesh && `${mesh.host}:${mesh.port}`)
  if (endpoint === null) return null
  const withScheme = /^https?:\/\//.test(endpoint)
    ? endpoint
    : `${settings[`${signal}Insecure`] ? 'http' : 'https'}://${endpoint}`
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null
  if (url === null || url.hostname === '' || /[\s/]/.test(endpoint.replace(/^https?:\/\//, '').replace(/\/$/, ''))) {
    throw new ConfigError('SETTING_INVALID', {
      message: `The setting ${guideSettings[`${signal}Endpoint`].env} must be an address such as localhost:4317 or https://collector.example.org:4317, not ${JSON.stringify(endpoint)}.`,
    })
  }
  return withScheme
}

function resourceAttributes(settings: TelemetrySettings): Record<string, string> {
  return {
    'service.version': settings.serviceVersion,
    'nomad.allocation.id': settings.allocationId,
    'nomad.allocation.name': settings.allocationName,
    'nomad.allocation.group': settings.allocationGroup,
  }
}

async function loadSdk() {
  try {
    const [{ NodeSDK }, { OTLPTraceExporter }, { OTLPMetricExporter }, { PeriodicExportingMetricReader }] =
      await Promise.all([
        import('@opentelemetry/sdk-node'),
        import('@opentelemetry/exporter-trace-otlp-grpc'),
        import('@opentelemetry/exporter-metrics-otlp-grpc'),
        import('@opentelemetry/sdk-metrics'),
      ])
    return { NodeSDK, OTLPTraceExporter, OTLPMetricExporter, PeriodicExportingMetricReader }
  } catch (cause) {
    throw new ConfigError('TELEMETRY_PACKAGES_MISSING', {
      message: `Telemetry needs packages that are not installed. Run: npm install ${[
        '@opentelemetry/sdk-node',
        '@opentelemetry/exporter-trace-otlp-grpc',
        '@opentelemetry/exporter-metrics-otlp-grpc',
        '@opentelemetry/sdk-metrics',
      ].join(' ')}. Or unset ${guideSettings.tracesEndpoint.env} and ${guideSettings.metricsEndpoint.env}.`,
      cause,
    })
  }
}

async function withinBound(flushed: Promise<void>, boundMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, boundMs)
  })
  try {
    await Promise.race([flushed, bound])
  } catch (error) {
    otelApi().diag.warn(`Telemetry was not sent to the end: ${error}`)
  } finally {
    clearTimeout(timer)
  }
}
