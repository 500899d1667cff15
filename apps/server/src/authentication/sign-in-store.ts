import { type Queryable, sql } from '@millrace/db'
import { hashToken } from '@millrace/http'

export interface SignIn {
  readonly verifier: string
  readonly nonce: string
  readonly next: string
}

export const signInMinutes = 10

export async function insertSignIn(
  db: Queryable,
  { state, browser, verifier, nonce, next }: SignIn & { readonly state: string; readonly browser: string },
): Promise<void> {
  await db.execute(sql`delete from authentication.sign_in where expires_at < now()`)
  await db.execute(sql`
    insert into authentication.sign_in (state_sha256, browser_sha256, verifier, nonce, next, expires_at)
    values (${hashToken(state)}, ${hashToken(browser)}, ${verifier}, ${nonce}, ${next},
      now() + make_interval(mins => ${signInMinutes}))`)
}

/** What a browser began, once; another browser does not get it, and does not end it either. */
export async function takeSignIn(db: Queryable, state: string, browser: string): Promise<SignIn | undefined> {
  return await db.maybe<SignIn>(sql`
    delete from authentication.sign_in
    where state_sha256 = ${hashToken(state)} and browser_sha256 = ${hashToken(browser)} and expires_at > now()
    returning verifier, nonce, next`)
}

export async function insertSignInLink(db: Queryable, token: string): Promise<void> {
  await db.execute(sql`delete from authentication.sign_in_link where expires_at < now()`)
  await db.execute(sql`
    insert into authentication.sign_in_link (sha256, expires_at)
    values (${hashToken(token)}, now() + make_interval(mins => ${signInMinutes}))`)
}

export async function takeSignInLink(db: Queryable, token: string): Promise<boolean> {
  const taken = await db.execute(
    sql`delete from authentication.sign_in_link where sha256 = ${hashToken(token)} and expires_at > now()`,
  )
  return taken > 0
}
