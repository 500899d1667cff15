import { AsyncLocalStorage } from 'node:async_hooks'
import { redact } from '@millrace/core'
import type { TaskHost } from '../attempt.ts'
import type { SecretValues } from './secret-values.ts'

type Printed = (source: 'stdout' | 'stderr', line: string) => void

const current = new AsyncLocalStorage<Printed>()

/** Runs the work of a task so that what it prints can be told from what others print at the same time. */
export function asPrinterOf<T>(host: TaskHost, secrets: SecretValues, work: () => T): T {
  const print: Printed = (source, line) =>
    host.log({
      at: Date.now(),
      level: source === 'stdout' ? 'info' : 'error',
      source,
      text: redact(line, secrets),
    })
  return current.run(print, work)
}

/**
 * Takes a printed line into the log of the task that prints it; undefined outside of tasks. For processes that run several
 * tasks at once and capture `process.stdout`.
 */
export function printerOfCurrentTask(): Printed | undefined {
  return current.getStore()
}
