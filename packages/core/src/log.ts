import type { DestinationStream, Logger as PinoLogger } from 'pino'
import { kitLine } from './kit-logger.ts'
import { redactFields } from './redact.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface LogOptions {
  /** Default `info`. */
  readonly level?: LogLevel
  /** Default `json`. */
  readonly format?: 'json' | 'text'
  /** Names the part of the system, in every line. */
  readonly name: string
  /** Fields to mask beside those whose name gives them away, as a connector's schema lists them. */
  readonly secretFields?: Iterable<string>
  /** Values that are masked wherever they occur; read anew for every line, so that it may grow. */
  readonly secrets?: Iterable<string>
  /** Takes whole lines. Default: standard error, since standard output may carry data. */
  readonly write?: (line: string) => void
}

export type Logger = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child' | 'level'>

/**
 * Lines that are written within a span carry its `trace_id` and `span_id`. The logger is loaded when it is first wanted:
 * a command that logs nothing starts without it.
 */
export async function createLogger(options: LogOptions): Promise<Logger> {
  const [{ pino }, { traceFields }] = await Promise.all([import('pino'), import('./telemetry/trace-context.ts')])
  const { name, secrets = [], write = (line) => process.stderr.write(line) } = options
  const secretFields = new Set(options.secretFields)
  const stream: DestinationStream = {
    write: options.format === 'text' ? (line) => write(textLine(name, line)) : write,
  }
  return pino<never>(
    {
      name,
      level: options.level ?? 'info',
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: traceFields,
      // Errors are described by redactFields; pino's own serializer would come before it and hide fields.
      serializers: { err: (value) => value },
      formatters: {
        level: (level) => ({ level }),
        log: (fields) => redactFields(fields, secretFields, secrets) as Record<string, unknown>,
      },
      // On the finished line, since the bindings of child loggers go through no formatter.
      hooks: {
        streamWrite: (line) => `${JSON.stringify(redactFields(JSON.parse(line), secretFields, secrets))}\n`,
      },
    },
    stream,
  )
}

function textLine(tag: string, json: string): string {
  const { level, time, name: _, msg = '', ...fields } = JSON.parse(json)
  const rest = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`
  return kitLine(new Date(time), tag, level.toUpperCase(), `${msg}${rest}`)
}
