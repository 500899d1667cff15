import { readFile } from 'node:fs/promises'
import { DataError, TransientError } from '@millrace/core'

export type DbtResult = {
  /** As dbt names it: `model.shop.daily`, `test.shop.not_null_daily_day.1a2b`. */
  readonly id: string
  readonly status: string
  /** Of a test: rows that fail; of a model: rows that it wrote, where the system says. */
  readonly rows: number | null
  readonly message: string | null
  readonly seconds: number
}

interface RunResults {
  readonly results: readonly {
    readonly unique_id: string
    readonly status: string
    readonly failures?: number | null
    readonly message?: string | null
    readonly execution_time?: number
    readonly adapter_response?: { readonly rows_affected?: number }
  }[]
}

const failed = new Set(['error', 'fail', 'runtime error'])

/** What dbt wrote about its run; null when it did not get so far. */
export async function readResults(file: string): Promise<DbtResult[] | null> {
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) return null
  const { results } = JSON.parse(text) as RunResults
  return results.map(({ unique_id, status, failures, message, execution_time = 0, adapter_response }) => ({
    id: unique_id,
    status,
    rows: failures ?? adapter_response?.rows_affected ?? null,
    message: message ?? null,
    seconds: Math.round(execution_time * 1000) / 1000,
  }))
}

/** @throws DataError `DBT_TEST_FAILED`; TransientError `DBT_FAILED` when a model failed */
export function refuseFailures(results: readonly DbtResult[]): void {
  const bad = results.filter(({ status }) => failed.has(status))
  if (bad.length === 0) return
  const list = bad
    .slice(0, 5)
    .map(({ id, message }) => `${id} (${(message ?? 'no message').trim().split('\n')[0]})`)
    .join('; ')
  const more = bad.length > 5 ? ` and ${bad.length - 5} more` : ''
  const onlyTests = bad.every(({ id, status }) => id.startsWith('test.') && status === 'fail')
  const options = {
    message: `dbt: ${bad.length} of ${results.length} failed: ${list}${more}. The log holds the whole output.`,
    details: { failed: bad },
  }
  throw onlyTests ? new DataError('DBT_TEST_FAILED', options) : new TransientError('DBT_FAILED', options)
}
