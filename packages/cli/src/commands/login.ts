import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { ApiError, type Client, type components, UnreachableError } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import { type Context, exitCodes } from '../context.ts'
import { findLogin, type Login, removeLogin, saveLogin } from '../credentials.ts'
import { openBrowser } from '../open-browser.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { localTime } from '../output/when.ts'
import { readSecret } from '../read-secret.ts'
import { atServer, baseOf, type ServerAddress } from '../server-connection.ts'

interface LoginRequest {
  /** Default: that of the environment, else the one that was signed in to last. */
  readonly url?: string
  readonly json?: true
}

type Token = NonNullable<components['schemas']['CliSignInState']['token']>

/** Signs in with a browser, or takes a token that there is, and keeps it for the commands that follow. */
export async function login(
  request: LoginRequest & {
    readonly withToken?: true
    readonly admin?: true
    readonly browser: boolean
    readonly name?: string
  },
  context: Context,
): Promise<number> {
  const url = serverOf(request, context)
  if (isReadable(url)) context.err('warning: The address is not https, so others on the way can read the token.\n')
  const former = findLogin(url)
  const given = request.withToken ? await readSecret({ question: `Token for ${url}` }, context) : null
  const made = given === null ? await signIn(url, request, context) : null
  const token = given ?? made?.token ?? ''
  context.secrets.add([token])
  const user = await atServer(addressOf(url, token), context, signedIn)
  const kept = made === null ? {} : { tokenId: made.id, expiresAt: made.expires_at }
  saveLogin({ url, token, user: user.email ?? user.name, ...kept })
  // It would be good until it expires, with nobody to revoke it.
  if (former !== undefined && former.token !== token) await revoke(former, context).catch(() => {})
  if (request.json) return printJson({ url, user, expires_at: made?.expires_at }, context)
  const until = made === null ? '' : `, until ${localTime(made.expires_at)}`
  context.out(`You are signed in to ${url} as ${printable(user.name)}${until}.\n`)
  return exitCodes.done
}

/** Revokes the token that the login made, and forgets it. */
export async function logout(request: LoginRequest & { readonly forget?: true }, context: Context): Promise<number> {
  const url = serverOf(request, context)
  const found = findLogin(url)
  if (found === undefined) {
    throw new ConfigError('LOGIN_MISSING', {
      message: `Nobody is signed in to ${url} here, so there is nothing to end.`,
    })
  }
  const revoked = request.forget ? false : await revoke(found, context)
  removeLogin(url)
  if (request.json) return printJson({ url, revoked }, context)
  const rest = found.tokenId === undefined ? 'was given by hand, so it is good still' : 'is good until it expires'
  context.out(
    revoked
      ? `You are signed out of ${url}: the token is revoked and forgotten.\n`
      : `You are signed out of ${url}. The token is forgotten; it ${rest}.\n`,
  )
  return exitCodes.done
}

/** False for a token that was given, which others may use. One that is no longer good counts as revoked. */
async function revoke({ url, token, tokenId }: Login, context: Context): Promise<boolean> {
  if (tokenId === undefined) return false
  context.secrets.add([token])
  return await atServer(addressOf(url, token), context, async (client) => {
    try {
      await client.delete('/api/tokens/{id}', { params: { path: { id: tokenId } } })
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 404)) throw error
    }
    return true
  })
}

async function signIn(
  url: string,
  { admin, browser, name = hostname() }: Parameters<typeof login>[0],
  context: Context,
): Promise<Token> {
  return await atServer(addressOf(url, ''), context, async (client) => {
    const scopes = admin ? (['read', 'write', 'admin'] as const) : (['read', 'write'] as const)
    const begun = await client.post('/api/auth/cli', { body: { name: name.slice(0, 200), scopes: [...scopes] } })
    const { user_code, confirm_url, device_code } = begun
    context.secrets.add([device_code])
    context.err(`Open this page, and allow the code ${printable(user_code)}:\n  ${printable(confirm_url)}\n`)
    if (browser && process.stdin.isTTY && process.stderr.isTTY) openBrowser(confirm_url)
    return await awaitToken(client, begun, context)
  })
}

/** @throws ConfigError `SIGN_IN_EXPIRED` */
async function awaitToken(
  client: Client,
  begun: components['schemas']['CliSignIn'],
  { signal }: Pick<Context, 'signal'>,
): Promise<Token> {
  const { device_code, expires_in_seconds, interval_seconds } = begun
  const endsAt = Date.now() + expires_in_seconds * 1000
  while (Date.now() < endsAt) {
    await wait(interval_seconds * 1000, undefined, { signal })
    try {
      const { token } = await client.post('/api/auth/cli/token', { body: { device_code } })
      if (token !== undefined) return token
    } catch (error) {
      // The server may be away for a moment while the person is at the issuer.
      signal.throwIfAborted()
      if (!(error instanceof UnreachableError)) throw error
    }
  }
  throw new ConfigError('SIGN_IN_EXPIRED', {
    message: 'Nobody confirmed the sign-in in time. Run "millrace login" again, and allow it in the browser.',
  })
}

/** @throws ConfigError `TOKEN_REFUSED` */
async function signedIn(client: Client): Promise<NonNullable<components['schemas']['Session']['user']>> {
  const { user } = await client.get('/api/auth/session')
  if (user !== undefined) return user
  throw new ConfigError('TOKEN_REFUSED', {
    message: 'The server does not know the token: it has expired, was revoked, or is misspelt. Nothing was kept.',
  })
}

/** @throws ConfigError `SERVER_UNKNOWN`, `SERVER_URL_INVALID` */
function serverOf({ url }: LoginRequest, { settings }: Context): string {
  const named = url ?? settings.serverUrl ?? findLogin(null)?.url
  if (named !== undefined) return baseOf(named, url === undefined ? 'MILLRACE_URL' : 'The address')
  throw new ConfigError('SERVER_UNKNOWN', {
    message: 'Name the server, as in "millrace login https://millrace.example.com".',
  })
}

function addressOf(url: string, token: string): ServerAddress {
  return { url, token, from: 'the command', tokenFrom: 'given' }
}

/** By others on the network. */
function isReadable(url: string): boolean {
  const { protocol, hostname: host } = new URL(url)
  return protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(host)
}
