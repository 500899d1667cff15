import type { Db } from '@millrace/db'
import { createToken } from '@millrace/http'
import { insertSignInLink } from './sign-in-store.ts'

/** The path of a link that signs the administrator's browser in: once, within ten minutes. */
export async function createSignInLink(db: Db): Promise<string> {
  const token = createToken('millrace_link')
  await insertSignInLink(db, token)
  return `/api/auth/link?token=${token}`
}
