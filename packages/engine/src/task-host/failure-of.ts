import { isMillraceError } from '@millrace/core'
import type { FailureReason, Outcome } from '@millrace/workflow'

/** A failure with what is known of its cause, within the bounds of what is kept. */
export function failureOutcome(
  reason: FailureReason,
  error: unknown,
  { code, message }: { readonly code: string; readonly message?: (text: string) => string },
): Outcome {
  const text = describe(error)
  const stack = error instanceof Error ? error.stack : undefined
  return {
    kind: 'failure',
    failure: {
      reason,
      code: isMillraceError(error) ? error.code : code,
      message: (message?.(text) ?? text).slice(0, 4000),
      ...(stack === undefined ? {} : { stack: stack.slice(0, 16_000) }),
      ...(isMillraceError(error) ? { recovery: error.recovery } : {}),
    },
  }
}

function describe(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message
  try {
    return typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error))
  } catch {
    return String(error)
  }
}
