import type { LogLevel } from './log.ts'
import { defineSettings, readSettings, type SettingValues } from './settings.ts'

/** Where the services of a mesh are reached, by the name of the service. */
export type MeshConfig = Readonly<Record<string, { readonly mesh_address: string; readonly mesh_port: number }>>

export interface RetryConfig {
  /** All attempts, the first one included. */
  readonly attempts: number
  /** Before the second attempt; doubles up to the longest. */
  readonly min_delay_seconds: number
  readonly max_delay_seconds: number
  /** A random time between these two is added to every delay. */
  readonly min_jitter_seconds: number
  readonly max_jitter_seconds: number
}

/** Instruments by name: all of one, none, or the states that are listed. */
export type SystemMetricConfig = Readonly<Record<string, boolean | readonly string[]>>

const defaultRetry: RetryConfig = {
  attempts: 3,
  min_delay_seconds: 1,
  max_delay_seconds: 5,
  min_jitter_seconds: 1,
  max_jitter_seconds: 3,
}

/** The levels of the log by their names elsewhere. */
const logLevels = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  SUCCESS: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
} as const satisfies Record<string, LogLevel>

/**
 * Variables by which tasks, telemetry and the bus are configured in the systems that Millrace fits into. Their names and
 * defaults are a promise to those who have set them already. None is required.
 */
export const guideSettings = defineSettings({
  logLevel: {
    env: 'LOGURU_LEVEL',
    type: 'choice',
    choices: ['TRACE', 'DEBUG', 'INFO', 'SUCCESS', 'WARNING', 'ERROR', 'CRITICAL'],
    default: 'INFO',
    description: 'The least important level that is logged.',
  },
  meshConfig: {
    env: 'MESH_CONFIG',
    type: 'json',
    default: {} as MeshConfig,
    expects: 'a JSON map of service names to {"mesh_address": "localhost", "mesh_port": 6742}',
    holds: isMeshConfig,
    description: 'Where the services of the mesh are reached; `interservice-bus` is the message broker.',
  },
  retryConfig: {
    env: 'RETRY_CONFIG',
    type: 'json',
    default: defaultRetry,
    expects: `a JSON map with any of ${Object.keys(defaultRetry).join(', ')}, each a number, attempts a whole one from 1`,
    holds: isRetryConfig,
    description:
      'How a failed call to the bus is tried again. Times are in seconds; the delay doubles up to its maximum.',
  },
  serviceName: {
    env: 'OTEL_SERVICE_NAME',
    type: 'string',
    default: 'unknown-service-name',
    description: 'The name of the service in telemetry.',
  },
  serviceVersion: {
    env: 'DKIST_SERVICE_VERSION',
    type: 'string',
    default: 'unknown-service-version',
    description: 'The version of the service in telemetry.',
  },
  allocationId: {
    env: 'NOMAD_ALLOC_ID',
    type: 'string',
    default: 'unknown-allocation-id',
    description: 'The id of the allocation that the process runs in, in telemetry.',
  },
  allocationName: {
    env: 'NOMAD_ALLOC_NAME',
    type: 'string',
    default: 'unknown-allocation-name',
    description: 'The name of that allocation.',
  },
  allocationGroup: {
    env: 'NOMAD_GROUP_NAME',
    type: 'string',
    default: 'unknown-allocation-group',
    description: 'The group of that allocation.',
  },
  tracesInsecure: {
    env: 'OTEL_EXPORTER_OTLP_TRACES_INSECURE',
    type: 'boolean',
    default: true,
    description: 'Sends traces without TLS, unless the endpoint begins with `https://`.',
  },
  metricsInsecure: {
    env: 'OTEL_EXPORTER_OTLP_METRICS_INSECURE',
    type: 'boolean',
    default: true,
    description: 'Sends metrics without TLS, unless the endpoint begins with `https://`.',
  },
  tracesEndpoint: {
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    type: 'string',
    default: null,
    description:
      'Where traces go by OTLP over gRPC, such as `localhost:4317`. Unset, they go to `opentelemetry-collector` of the mesh; traces are off without both.',
  },
  metricsEndpoint: {
    env: 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
    type: 'string',
    default: null,
    description:
      'Where metrics go by OTLP over gRPC, such as `localhost:4317`. Unset, they go to `opentelemetry-collector` of the mesh; metrics are off without both.',
  },
  disabledInstrumentations: {
    env: 'OTEL_PYTHON_DISABLED_INSTRUMENTATIONS',
    type: 'json',
    default: [] as readonly string[],
    expects: 'a JSON list of text',
    holds: isTextList,
    description: 'Instrumentations to switch off, such as `["pika", "requests"]`.',
  },
  excludedUrls: {
    env: 'OTEL_PYTHON_FASTAPI_EXCLUDED_URLS',
    type: 'string',
    default: 'health',
    description: 'Requests without telemetry: regular expressions on the URL, separated by commas.',
  },
  systemMetrics: {
    env: 'SYSTEM_METRIC_INSTRUMENTATION_CONFIG',
    type: 'json',
    default: null,
    expects: 'a JSON map of instrument names to true, false or a list of text',
    holds: isSystemMetricConfig,
    description:
      'System metrics to send, such as `{"system.memory.usage": ["used", "free"], "process.runtime.memory": true}`.',
  },
  busUsername: {
    env: 'ISB_USERNAME',
    type: 'string',
    default: 'guest',
    description: 'The user at the message broker.',
  },
  busPassword: {
    env: 'ISB_PASSWORD',
    type: 'string',
    default: 'guest',
    secret: true,
    description: 'The password of that user.',
  },
  busExchange: {
    env: 'ISB_EXCHANGE',
    type: 'string',
    default: 'master.direct.x',
    description: 'The exchange that failures are published to.',
  },
  busQueueType: {
    env: 'ISB_QUEUE_TYPE',
    type: 'choice',
    choices: ['classic', 'quorum'],
    default: 'classic',
    description: 'The type of the queue that failures are kept in.',
  },
  buildVersion: {
    env: 'BUILD_VERSION',
    type: 'string',
    default: 'dev',
    description: 'The version of a workflow that is given none.',
  },
  maxFileDescriptors: {
    env: 'MAX_FILE_DESCRIPTORS',
    type: 'integer',
    default: 1024,
    minimum: 1,
    description: 'Files that a task may have open at once.',
  },
})

export type GuideSettings = Omit<SettingValues<typeof guideSettings>, 'retryConfig'> & {
  readonly retryConfig: RetryConfig
}

/** @throws ConfigError SETTING_INVALID: names the variable. */
export function readGuideSettings(env: Readonly<Record<string, string | undefined>> = process.env): GuideSettings {
  const values = readSettings(guideSettings, { env })
  return { ...values, retryConfig: { ...defaultRetry, ...values.retryConfig } }
}

/** Null for a service that the mesh does not know. */
export function meshAddress(
  { meshConfig }: Pick<GuideSettings, 'meshConfig'>,
  service: string,
): { readonly host: string; readonly port: number } | null {
  const address = Object.hasOwn(meshConfig, service) ? meshConfig[service] : undefined
  return address === undefined ? null : { host: address.mesh_address, port: address.mesh_port }
}

/** The level for `createLogger`. */
export function guideLogLevel({ logLevel }: Pick<GuideSettings, 'logLevel'>): LogLevel {
  return logLevels[logLevel]
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isMeshConfig(value: unknown): value is MeshConfig {
  return (
    isMap(value) &&
    Object.values(value).every(
      (service) =>
        isMap(service) &&
        typeof service.mesh_address === 'string' &&
        service.mesh_address !== '' &&
        Number.isInteger(service.mesh_port) &&
        Number(service.mesh_port) >= 1 &&
        Number(service.mesh_port) <= 65_535,
    )
  )
}

function isRetryConfig(value: unknown): value is Partial<RetryConfig> {
  return (
    isMap(value) &&
    Object.entries(value).every(([name, item]) =>
      name === 'attempts'
        ? Number.isInteger(item) && Number(item) >= 1
        : Object.hasOwn(defaultRetry, name) && typeof item === 'number' && item >= 0,
    )
  )
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isSystemMetricConfig(value: unknown): value is SystemMetricConfig {
  return isMap(value) && Object.values(value).every((item) => typeof item === 'boolean' || isTextList(item))
}
