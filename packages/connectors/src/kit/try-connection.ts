import { isMillraceError } from '@millrace/core'
import type { TestResult } from './connector.ts'
import { redactText } from './redact.ts'

export interface Failing {
  /** Values that no message may hold. */
  readonly secrets?: readonly string[]
  /** Names the server in messages that are not our own. */
  readonly label?: string
}

/** The result of `testConnection`: whatever `attempt` throws becomes its message. */
export async function tryConnection(
  attempt: () => Promise<Omit<TestResult, 'ok'>>,
  { secrets = [], label }: Failing = {},
): Promise<TestResult> {
  try {
    return { ok: true, ...(await attempt()) }
  } catch (error) {
    const message = redactText(error instanceof Error ? error.message : String(error), secrets)
    return { ok: false, message: label === undefined || isMillraceError(error) ? message : `${label}: ${message}` }
  }
}
