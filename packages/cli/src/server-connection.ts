import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ApiError, type Client, type components, createClient } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import type { Context } from './context.ts'
import { findLogin } from './credentials.ts'
import { type DevFile, readDevFile } from './dev/dev-file.ts'
import { explainServerError } from './server-error.ts'

/** What every command that speaks to a server can be told. */
export interface ServerRequest {
  readonly url?: string
  readonly token?: string
  readonly json?: true
}

export interface ServerAddress {
  readonly url: string
  readonly token: string
  /** Where the address is from, for messages: `--url`, `MILLRACE_URL`, the folder of `millrace dev`, or the login. */
  readonly from: string
  /** Where the token is from. */
  readonly tokenFrom: 'given' | 'dev' | 'login'
}

/** Runs a command against the server; what the server refuses, and that it is away, becomes an error with the next step. */
export async function withServer(
  request: ServerRequest,
  context: Context,
  work: (client: Client, address: ServerAddress) => Promise<number>,
): Promise<number> {
  const address = findServer(request, context)
  context.secrets.add([address.token])
  return await atServer(address, context, (client) => work(client, address))
}

/** The same for what nobody may see as well: whoever has a bad token is told so, and not that nothing is there. */
export async function withUser(
  request: ServerRequest,
  context: Context,
  work: (client: Client, address: ServerAddress) => Promise<number>,
): Promise<number> {
  return await withServer(request, context, async (client, address) => {
    await signedInUser(client)
    return await work(client, address)
  })
}

/** Who the server takes the caller for. @throws ApiError 401 for nobody. */
export async function signedInUser(client: Client): Promise<NonNullable<components['schemas']['Session']['user']>> {
  const { user } = await client.get('/api/auth/session')
  if (user !== undefined) return user
  throw new ApiError(401, { code: 1401, message: 'The token is not known.', detail: 'TOKEN_REFUSED' })
}

/** Does work at a server that is known; without a token as nobody. */
export async function atServer<Result>(
  address: ServerAddress,
  context: Pick<Context, 'signal'>,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const { url, token } = address
  const client = createClient({
    ...{ url, ...(token === '' ? {} : { token }) },
    // Ctrl-C ends what is under way.
    fetch: (sent, signal = sent.signal) => fetch(sent, { signal: AbortSignal.any([signal, context.signal]) }),
  })
  try {
    return await work(client)
  } catch (error) {
    context.signal.throwIfAborted()
    throw explainServerError(error, address)
  }
}

/**
 * The server of the options, else of the environment, else that of the `millrace dev` of this folder or one above, else the one
 * that was signed in to last.
 *
 * @throws ConfigError `SERVER_UNKNOWN`, `SERVER_URL_INVALID`, `TOKEN_MISSING`
 */
function findServer(
  request: ServerRequest,
  { settings }: Pick<Context, 'settings'>,
  folder = process.cwd(),
): ServerAddress {
  const url = request.url ?? settings.serverUrl
  const token = request.token ?? settings.token
  const dev = findDev(folder, resolve(settings.home))
  if (url === null) {
    // A token of the environment is for another server.
    if (dev !== undefined) return ofDev(dev, request.token)
    const login = findLogin(null)
    if (login === undefined) {
      throw new ConfigError('SERVER_UNKNOWN', {
        message:
          'There is no server to speak to: none is named, nobody is signed in to one, and no "millrace dev" runs for this folder or one above. Start one with "millrace dev", sign in to one with "millrace login URL", or name one with MILLRACE_URL and MILLRACE_TOKEN.',
      })
    }
    return {
      url: login.url,
      token: token ?? login.token,
      from: 'the login',
      tokenFrom: token === null ? 'login' : 'given',
    }
  }
  const from = request.url === undefined ? 'MILLRACE_URL' : '--url'
  const base = baseOf(url, from)
  if (token !== null) return { url: base, token, from, tokenFrom: 'given' }
  if (dev !== undefined && new URL(dev.url).origin === base) return ofDev(dev)
  const login = findLogin(base)
  if (login !== undefined) return { url: base, token: login.token, from, tokenFrom: 'login' }
  throw new ConfigError('TOKEN_MISSING', {
    message: `There is no token for ${base}. Sign in with "millrace login ${base}", or set MILLRACE_TOKEN: to a token of yours, or to the one that the server was started with (its MILLRACE_ADMIN_TOKEN).`,
  })
}

function ofDev(dev: DevFile & { readonly home: string }, token?: string): ServerAddress {
  return { url: dev.url, token: token ?? dev.token, from: dev.home, tokenFrom: 'dev' }
}

/**
 * The address of a server in one form.
 *
 * @throws ConfigError `SERVER_URL_INVALID`
 */
export function baseOf(text: string, from: string): string {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol)) return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  throw new ConfigError('SERVER_URL_INVALID', {
    message: `${from} is no address of a server. Write it like http://127.0.0.1:7474 or https://millrace.example.com.`,
  })
}

function findDev(folder: string, home: string): (DevFile & { readonly home: string }) | undefined {
  const homes = [home]
  for (let at = resolve(folder); ; at = dirname(at)) {
    homes.push(join(at, '.millrace'))
    if (dirname(at) === at) break
  }
  for (const place of homes) {
    const file = isOwn(place) ? readDevFile(place) : undefined
    if (file !== undefined) return { ...file, home: place }
  }
  return undefined
}

/** In a shared folder anyone could name a server for others to send their code to. */
function isOwn(path: string): boolean {
  const uid = process.getuid?.()
  const owner = statSync(path, { throwIfNoEntry: false })?.uid
  return owner !== undefined && (uid === undefined || owner === uid)
}
