import { describe, expect, it, test } from 'vitest'
import { guideLogLevel, guideSettings, meshAddress, readGuideSettings } from './guide-settings.ts'

const defaults: Readonly<Record<string, unknown>> = {
  LOGURU_LEVEL: 'INFO',
  MESH_CONFIG: {},
  RETRY_CONFIG: {
    attempts: 3,
    min_delay_seconds: 1,
    max_delay_seconds: 5,
    min_jitter_seconds: 1,
    max_jitter_seconds: 3,
  },
  OTEL_SERVICE_NAME: 'unknown-service-name',
  DKIST_SERVICE_VERSION: 'unknown-service-version',
  NOMAD_ALLOC_ID: 'unknown-allocation-id',
  NOMAD_ALLOC_NAME: 'unknown-allocation-name',
  NOMAD_GROUP_NAME: 'unknown-allocation-group',
  OTEL_EXPORTER_OTLP_TRACES_INSECURE: true,
  OTEL_EXPORTER_OTLP_METRICS_INSECURE: true,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: null,
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: null,
  OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: [],
  OTEL_PYTHON_FASTAPI_EXCLUDED_URLS: 'health',
  SYSTEM_METRIC_INSTRUMENTATION_CONFIG: null,
  ISB_USERNAME: 'guest',
  ISB_PASSWORD: 'guest',
  ISB_EXCHANGE: 'master.direct.x',
  ISB_QUEUE_TYPE: 'classic',
  BUILD_VERSION: 'dev',
  MAX_FILE_DESCRIPTORS: 1024,
}

describe('K13: every variable', () => {
  it.each([
    ['unset', {}],
    ['empty', Object.fromEntries(Object.keys(defaults).map((name) => [name, '']))],
  ])('has its default when %s', (_, env) => {
    const values = readGuideSettings(env)
    const byVariable = Object.entries(guideSettings).map(([name, { env }]) => [
      env,
      values[name as keyof typeof values],
    ])
    expect(Object.fromEntries(byVariable)).toEqual(defaults)
  })

  it.each([
    ['LOGURU_LEVEL', 'LOUD'],
    ['MESH_CONFIG', '{'],
    ['MESH_CONFIG', '[]'],
    ['MESH_CONFIG', '{"bus": {"mesh_address": "localhost"}}'],
    ['MESH_CONFIG', '{"bus": {"mesh_address": "localhost", "mesh_port": 70000}}'],
    ['RETRY_CONFIG', '{"attempts": 0}'],
    ['RETRY_CONFIG', '{"tries": 3}'],
    ['OTEL_EXPORTER_OTLP_TRACES_INSECURE', 'maybe'],
    ['OTEL_EXPORTER_OTLP_METRICS_INSECURE', '2'],
    ['OTEL_PYTHON_DISABLED_INSTRUMENTATIONS', 'pika'],
    ['OTEL_PYTHON_DISABLED_INSTRUMENTATIONS', '[1]'],
    ['SYSTEM_METRIC_INSTRUMENTATION_CONFIG', '{"system.memory.usage": "used"}'],
    ['ISB_QUEUE_TYPE', 'stream'],
    ['MAX_FILE_DESCRIPTORS', 'many'],
    ['MAX_FILE_DESCRIPTORS', '0'],
  ])('is named when its value is bad: %s=%s', (name, value) => {
    expect(() => readGuideSettings({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'SETTING_INVALID',
        message: expect.stringContaining(`The setting ${name} must be `),
      }),
    )
  })
})

test('maps and lists are read from JSON', () => {
  const values = readGuideSettings({
    MESH_CONFIG: '{"interservice-bus": {"mesh_address": "localhost", "mesh_port": 6742}}',
    RETRY_CONFIG: '{"attempts": 5}',
    OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: '["pika", "requests"]',
    SYSTEM_METRIC_INSTRUMENTATION_CONFIG:
      '{"system.memory.usage": ["used", "free", "cached"], "process.runtime.memory": true, "system.cpu.time": false}',
  })
  expect(meshAddress(values, 'interservice-bus')).toEqual({ host: 'localhost', port: 6742 })
  expect(meshAddress(values, 'toString')).toBeNull()
  expect(values.retryConfig).toEqual({ ...(defaults.RETRY_CONFIG as object), attempts: 5 })
  expect(values.disabledInstrumentations).toEqual(['pika', 'requests'])
  expect(values.systemMetrics).toEqual({
    'system.memory.usage': ['used', 'free', 'cached'],
    'process.runtime.memory': true,
    'system.cpu.time': false,
  })
})

test('a level is one of the log', () => {
  expect(
    ['SUCCESS', 'WARNING', 'CRITICAL'].map((name) => guideLogLevel(readGuideSettings({ LOGURU_LEVEL: name }))),
  ).toEqual(['info', 'warn', 'fatal'])
})
