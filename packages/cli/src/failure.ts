import { InterruptedError, isMillraceError, type MillraceError, type Recovery } from '@millrace/core'
import { type Context, exitCodes } from './context.ts'
import { printable } from './output/printable.ts'

export interface Failure {
  readonly code: string
  readonly message: string
  readonly exitCode: number
  readonly details?: Readonly<Record<string, unknown>>
}

/** What a failure means for the person and for the shell. Not masked yet. */
export function describeFailure(thrown: unknown, signal: AbortSignal | undefined): Failure {
  const error = firstError(thrown)
  if (signal?.aborted) {
    const name = signal.reason instanceof InterruptedError ? signal.reason.signal : 'SIGINT'
    return {
      code: 'INTERRUPTED',
      message: `Stopped by ${name}, before all was done.`,
      exitCode: name === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted,
    }
  }
  if (isMillraceError(error)) {
    return { code: error.code, message: error.message, exitCode: exitCodeOf(error), details: error.details }
  }
  const message = error instanceof Error ? error.message || error.name : String(error)
  return {
    code: 'UNEXPECTED',
    message: `${message}${/[.!?]$/.test(message) ? '' : '.'} This is a fault of Millrace; run again with MILLRACE_DEBUG=1 to see where it happened.`,
    exitCode: exitCodes.fatal,
  }
}

/** When closing fails after a failure, the failure is what counts. */
function firstError(error: unknown): unknown {
  return error instanceof SuppressedError ? firstError(error.suppressed) : error
}

const recoveryCodes = {
  config: exitCodes.usage,
  transient: exitCodes.transient,
  data: exitCodes.data,
  fatal: exitCodes.fatal,
} as const

function exitCodeOf(error: MillraceError): number {
  return error.code === 'VERIFICATION_FAILED' ? exitCodes.different : recoveryCodes[error.recovery]
}

export function exitCodeOfRecovery(recovery: Recovery): number {
  return recoveryCodes[recovery]
}

/** One block: what happened, the next step, the code. */
export function printFailure(
  error: unknown,
  context: Pick<Context, 'err' | 'secrets' | 'signal'> & { readonly debug: boolean },
): Failure {
  const failure = describeFailure(error, context.signal)
  const { mask } = context.secrets
  context.err(`error: ${printable(mask(failure.message), { lines: true })} [${failure.code}]\n`)
  if (context.debug) context.err(`${mask(inspect(error))}\n`)
  return { ...failure, message: mask(failure.message) }
}

function inspect(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? own : `${own}\ncaused by ${inspect(error.cause)}`
}
