import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { refusal } from '../engine/engine-error.ts'

/** Parameters of the interface itself; every other one is a setting of ClickHouse. */
const own = new Set(
  'query query_id database user password default_format wait_end_of_query buffer_size quota_key role compress decompress enable_http_compression client_protocol_version http_method'.split(
    ' ',
  ),
)

export interface ClickhouseRequest {
  /** The part of the statement in the URL. */
  readonly query: string
  readonly id: string | null
  readonly database: string | null
  readonly format: string | null
  readonly wait: boolean
  /** ClickHouse compresses results only when a parameter asks for it, too. */
  readonly compress: boolean
  readonly readonly: 1 | 2 | undefined
  readonly settings: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
}

/** @throws EngineError for what this interface does not know. */
export function readRequest(request: IncomingMessage, url: URL): ClickhouseRequest {
  const settings: Record<string, string> = {}
  const parameters: Record<string, string> = {}
  const at = (name: string) => url.searchParams.get(name)
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) parameters[name.slice('param_'.length)] = value
    else if (name.startsWith('session_')) throw missing('Sessions over several requests are')
    else if (!own.has(name) && name !== 'readonly') settings[name] = value
  }
  if (isOn(at('compress')) || isOn(at('decompress'))) {
    throw missing("ClickHouse's own compression (compress, decompress) is")
  }
  const header = (name: string) => request.headers[name] as string | undefined
  const asked = at('readonly')
  return {
    query: at('query') ?? '',
    id: at('query_id'),
    database: at('database') ?? header('x-clickhouse-database') ?? null,
    format: at('default_format') ?? header('x-clickhouse-format') ?? null,
    wait: isOn(at('wait_end_of_query')),
    compress: isOn(at('enable_http_compression')),
    // What is asked for by GET must not change anything.
    readonly:
      asked === '1' ? 1 : asked === '2' || request.method === 'GET' || request.method === 'HEAD' ? 2 : undefined,
    settings,
    parameters,
  }
}

/** @throws EngineError with ClickHouse's own words when user or password are not the right ones. */
export function authenticate(
  request: IncomingMessage,
  url: URL,
  account: { readonly user: string; readonly password: string },
): void {
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const decoded = basic === undefined ? '' : Buffer.from(basic, 'base64').toString()
  const colon = decoded.indexOf(':')
  const header = (name: string) => request.headers[name] as string | undefined
  const user =
    header('x-clickhouse-user') ??
    (basic === undefined ? undefined : decoded.slice(0, colon)) ??
    url.searchParams.get('user') ??
    'default'
  const password =
    header('x-clickhouse-key') ??
    (basic === undefined ? undefined : decoded.slice(colon + 1)) ??
    url.searchParams.get('password') ??
    ''
  if (isSame(user, account.user) && isSame(password, account.password)) return
  throw refusal(
    516,
    'AUTHENTICATION_FAILED',
    `${user}: Authentication failed: password is incorrect, or there is no user with such name.`,
  )
}

export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function isOn(value: string | null): boolean {
  return value === '1' || value === 'true'
}

function missing(what: string) {
  return refusal(48, 'NOT_IMPLEMENTED', `${what} not part of this server.`)
}
