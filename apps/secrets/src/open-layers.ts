import { HttpError, notFound } from '@millrace/http'
import { openOuter } from '@millrace/secrets'
import type { SealedRow } from './sealed-store.ts'
import type { SecretsContext } from './secrets-context.ts'

/**
 * The inner texts of sealed values by their ids; they open with the key of their owner, which is not here.
 *
 * @throws HttpError 500, number 1510, which hides the cause; the log has the id.
 */
export async function openLayers(
  { keys, log }: Pick<SecretsContext, 'keys' | 'log'>,
  rows: readonly SealedRow[],
): Promise<Map<string, string>> {
  const privateKeys = keys.previous === null ? [keys.current] : [keys.current, keys.previous]
  const opened = await Promise.all(
    rows.map(async (row) => {
      try {
        return [row.id, await openOuter(row.owner, privateKeys, row)] as const
      } catch {
        log.error({ sealed: row.id, owner: row.owner }, 'a sealed value does not open with the private keys')
        throw new HttpError(500, 'SECRET_UNREADABLE', 'A secret could not be opened. Set its value anew.', {
          number: 1510,
        })
      }
    }),
  )
  return new Map(opened)
}

/** @throws HttpError 404 that lists those that were not found. */
export function refuseMissing(ids: readonly string[], found: ReadonlySet<string>): void {
  const missing = ids.filter((id) => !found.has(id))
  if (missing.length > 0) throw notFound('SECRET_MISSING', `There are no such secrets: ${missing.join(', ')}.`)
}
