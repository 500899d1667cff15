import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Client, createClient } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import type { Context } from './context.ts'
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
  /** Where the address is from, for messages: `--url`, `MILLRACE_URL`, or the folder of `millrace dev`. */
  readonly from: string
  readonly isDev: boolean
}

/** Runs a command against the server; what the server refuses, and that it is away, becomes an error with the next step. */
export async function withServer(
  request: ServerRequest,
  context: Context,
  work: (client: Client) => Promise<number>,
): Promise<number> {
  const address = findServer(request, context)
  const { url, token } = address
  context.secrets.add([token])
  const client = createClient({
    ...{ url, token },
    // Ctrl-C ends what is under way.
    fetch: (sent) => fetch(sent, { signal: AbortSignal.any([sent.signal, context.signal]) }),
  })
  try {
    return await work(client)
  } catch (error) {
    context.signal.throwIfAborted()
    throw explainServerError(error, address)
  }
}

/**
 * The server of the options, else of the environment, else that of the `millrace dev` of this folder or one above.
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
    if (dev === undefined) {
      throw new ConfigError('SERVER_UNKNOWN', {
        message:
          'There is no server to speak to: none is named, and no "millrace dev" runs for this folder or one above. Start one with "millrace dev", or name one with --url and --token, or MILLRACE_URL and MILLRACE_TOKEN.',
      })
    }
    // A token of the environment is for another server.
    return { url: dev.url, token: request.token ?? dev.token, from: dev.home, isDev: true }
  }
  const from = request.url === undefined ? 'MILLRACE_URL' : '--url'
  const base = baseOf(url, from)
  if (token !== null) return { url: base, token, from, isDev: false }
  if (dev !== undefined && new URL(dev.url).origin === base) {
    return { url: base, token: dev.token, from: dev.home, isDev: true }
  }
  throw new ConfigError('TOKEN_MISSING', {
    message: `There is no token for ${base}. Set MILLRACE_TOKEN to the token that the server was started with (its MILLRACE_ADMIN_TOKEN), or give it with --token.`,
  })
}

function baseOf(text: string, from: string): string {
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
