export { abortable, InterruptedError, signalFromProcess, throwIfAborted } from './abort.ts'
export { closestName } from './closest-name.ts'
export {
  ConfigError,
  DataError,
  type ErrorOptions,
  FatalError,
  isMillraceError,
  MillraceError,
  type Recovery,
  TransientError,
} from './errors.ts'
export {
  type GuideSettings,
  guideLogLevel,
  guideSettings,
  type MeshConfig,
  meshAddress,
  type RetryConfig,
  readGuideSettings,
  type SystemMetricConfig,
} from './guide-settings.ts'
export { type KitLogger, kitLogger } from './kit-logger.ts'
export { createLogger, type Logger, type LogLevel, type LogOptions } from './log.ts'
export { namedVariables, type PlatformSettings, platformSettings, readPlatformSettings } from './platform-settings.ts'
export { isSecretName, redact, redactFields } from './redact.ts'
export { requireSettings } from './require-settings.ts'
export { parseRetryAfter, type RetryOptions, retry } from './retry.ts'
export { type Clock, systemClock } from './schedule/clock.ts'
export { parseInstant } from './schedule/instant.ts'
export { type MissedTicks, missedTicks } from './schedule/missed-ticks.ts'
export { type DataInterval, parseSchedule, type Schedule } from './schedule/schedule.ts'
export {
  defineSettings,
  readSettings,
  type Setting,
  type SettingSources,
  type Settings,
  type SettingValues,
  secretValues,
} from './settings.ts'
export { settingsReference } from './settings-reference.ts'
export { inSpan } from './telemetry/in-span.ts'
export { startTelemetry, type Telemetry, type TelemetrySettings } from './telemetry/telemetry.ts'
export {
  injectTraceContext,
  meter,
  type TraceContext,
  tracer,
  withTraceContext,
} from './telemetry/trace-context.ts'
export { renderDeep } from './template/render-deep.ts'
export { parseTemplate, type Template, type TemplateContext } from './template/template.ts'
export { type TemplateRun, templateContext } from './template/template-context.ts'
export {
  extractVariables,
  mergeVariables,
  renderVariables,
  type Variable,
  type VariableType,
  variableTypes,
  withVariables,
} from './template/variables.ts'
