import type { Scalar } from '@millrace/connectors'
import { DataError } from '@millrace/core'
import type { ScriptResult } from './run-script.ts'

/** What the last result has to be for the task to succeed. */
export type Expectations = {
  readonly rows?: { readonly min?: number; readonly max?: number }
  /** Of the first column of the first row; numbers are compared by value. */
  readonly value?: string | number | boolean | null
}

/** @throws DataError `SQL_EXPECTATION_FAILED` */
export function expectResult({ result }: ScriptResult, { rows, value }: Expectations): void {
  const failed = (message: string, details: object) =>
    new DataError('SQL_EXPECTATION_FAILED', { message, details: { ...details } })
  if (result === null) throw failed('The script expects a result, and no statement of it gives rows.', {})
  const { min = 0, max = Number.POSITIVE_INFINITY } = rows ?? {}
  const found = result.rows.length
  if (found < min) throw failed(`The last result has ${found} rows, and at least ${min} are expected.`, { found, min })
  if (found > max || (result.cut && found >= max)) {
    const shown = result.cut ? `more than ${found}` : String(found)
    throw failed(`The last result has ${shown} rows, and at most ${max} are expected.`, { found, max })
  }
  if (value === undefined) return
  const first = result.rows[0]?.[0] ?? null
  if (!isSame(first, value)) {
    throw failed(`The first value is ${JSON.stringify(first)}, and ${JSON.stringify(value)} is expected.`, {
      first,
      value,
    })
  }
}

/** Large and decimal numbers come as text. */
function isSame(found: Scalar, wanted: string | number | boolean | null): boolean {
  if (found === wanted) return true
  if (found === null || wanted === null) return false
  if (typeof wanted === 'boolean' || typeof found === 'boolean') return Number(found) === Number(wanted)
  return String(found) === String(wanted) || (String(found).trim() !== '' && Number(found) === Number(wanted))
}
