import { isMillraceError, redact } from '@millrace/core'
import type { FailureReason, TaskFailure } from '../outcome.ts'
import { StopTask } from '../stop-task.ts'

const longestMessage = 4000
const longestStack = 16_000

/** What is kept of an error: its message, stack and causes, with secrets masked. */
export function taskFailure(
  error: unknown,
  { secrets = [], reason = 'error' }: { readonly secrets?: Iterable<string>; readonly reason?: FailureReason } = {},
): TaskFailure {
  const clean = (text: string, longest: number) => cut(redact(text, secrets), longest)
  const stack = stackOf(error)
  return {
    reason: error instanceof StopTask ? error.reason : reason,
    code: isMillraceError(error) || error instanceof StopTask ? error.code : 'TASK_FAILED',
    message: clean(messageOf(error), longestMessage),
    ...(stack !== undefined && { stack: clean(stack, longestStack) }),
    ...(isMillraceError(error) && { recovery: error.recovery }),
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `The task threw ${typeof error === 'string' ? error : describe(error)}`
  const inner = error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : ''
  return [error.message || error.name, inner].filter((part) => part !== '').join(': ')
}

function stackOf(error: unknown): string | undefined {
  const parts: string[] = []
  const seen = new Set<unknown>()
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at)
    parts.push(at.stack ?? `${at.name}: ${at.message}`)
  }
  return parts.length === 0 ? undefined : parts.join('\nCaused by: ')
}

function describe(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`
}
