/** Why a process was asked to stop. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  readonly code = 'INTERRUPTED'
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`)
    this.signal = signal
  }
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  signal?.throwIfAborted()
}

/**
 * The promise's outcome, or the signal's reason as soon as it aborts. The work behind the promise is
 * not stopped by this; its late outcome is ignored.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** 128 plus the signal's number, the way shells say it. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * Aborts with an InterruptedError at the first SIGINT or SIGTERM; a second one ends the process at once.
 * Dispose to leave the signals to Node again.
 */
export function signalFromProcess(
  options: {
    /** Told at the first signal, to say that the process is stopping. */
    readonly onAsk?: (signal: NodeJS.Signals) => void
    /** Told just before the process is ended by the second signal; has to be quick. */
    readonly onForce?: (signal: NodeJS.Signals) => void
  } = {},
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const listen = (name: 'SIGINT' | 'SIGTERM') => {
    if (controller.signal.aborted) {
      options.onForce?.(name)
      process.exit(exitCodes[name])
    }
    options.onAsk?.(name)
    controller.abort(new InterruptedError(name))
  }
  process.on('SIGINT', listen).on('SIGTERM', listen)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', listen).off('SIGTERM', listen)
    },
  }
}
