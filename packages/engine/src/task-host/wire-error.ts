import { ConfigError, DataError, FatalError, isMillraceError, TransientError } from '@millrace/core'
import type { WireError } from './messages.ts'

const classes = { config: ConfigError, transient: TransientError, fatal: FatalError, data: DataError }

export function toWireError(error: unknown): WireError {
  if (isMillraceError(error)) {
    const { recovery, code, message, details } = error
    return { recovery, code, message, details: jsonOnly(details) }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { recovery: 'fatal', code: 'TASK_HOST_FAILED', message, details: {} }
}

export function fromWireError({ recovery, code, message, details }: WireError): Error {
  return new classes[recovery](code, { message, details })
}

function jsonOnly(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(JSON.stringify(details))
  } catch {
    return {}
  }
}
