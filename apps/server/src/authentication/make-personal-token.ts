import type { Trx } from '@millrace/db'
import { createToken, invalid } from '@millrace/http'
import {
  countPersonalTokens,
  insertPersonalToken,
  type PersonalTokenRow,
  type TokenScope,
} from './personal-token-store.ts'

/** Life of a token for which no other time is given. */
export const usualDays = 90
const mostTokens = 50

export function usualExpiry(): Date {
  return new Date(Date.now() + usualDays * 24 * 3600 * 1000)
}

/**
 * A token that acts for a user. Its text is known here only: the row has the hash.
 *
 * @throws HttpError 422 TOO_MANY_TOKENS.
 */
export async function makePersonalToken(
  trx: Trx,
  given: {
    readonly userId: string
    readonly name: string
    readonly scopes: readonly TokenScope[]
    readonly expiresAt: Date
  },
): Promise<{ readonly row: PersonalTokenRow; readonly token: string }> {
  if ((await countPersonalTokens(trx, given.userId)) >= mostTokens) {
    throw invalid('TOO_MANY_TOKENS', `You have ${mostTokens} tokens already. Delete one that you no longer use.`)
  }
  const token = createToken('millrace_pat')
  return { row: await insertPersonalToken(trx, { ...given, token }), token }
}
