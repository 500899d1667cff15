import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { ConfigError } from '@millrace/core'

/** What `millrace login` keeps of a server. */
export interface Login {
  /** Of the server, as `baseOf` gives it. */
  readonly url: string
  readonly token: string
  /** Of a token that the login made, and the logout revokes; absent for one that was given. */
  readonly tokenId?: string
  /** Who signed in, for people. */
  readonly user: string
  /** ISO 8601. */
  readonly expiresAt?: string
}

interface Credentials {
  /** The one that commands speak to when none is named. */
  readonly current: string | null
  readonly servers: Readonly<Record<string, Omit<Login, 'url'>>>
}

const nothing: Credentials = { current: null, servers: {} }

/** In the folder for settings of this user. */
export function credentialsPath(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_CONFIG_HOME || join(homedir(), '.config')
  return join(base, 'millrace', 'credentials.json')
}

/** The login of a server, or of the one that was signed in to last. */
export function findLogin(url: string | null): Login | undefined {
  const { current, servers } = read()
  const sought = url ?? current
  const found = sought === null ? undefined : servers[sought]
  return sought === null || found === undefined ? undefined : { url: sought, ...found }
}

/** Makes it the one that commands speak to. */
export function saveLogin({ url, ...login }: Login): void {
  write({ current: url, servers: { ...read().servers, [url]: login } })
}

export function removeLogin(url: string): void {
  const { current, servers } = read()
  const { [url]: _, ...others } = servers
  write({ current: current === url ? null : current, servers: others })
}

/** @throws ConfigError `CREDENTIALS_UNREADABLE` */
function read(): Credentials {
  const path = credentialsPath()
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return nothing
    throw unreadable(path, error)
  }
  try {
    const { current, servers } = JSON.parse(text) as Partial<Credentials>
    if (typeof servers !== 'object') throw new TypeError('It has no servers.')
    return { current: typeof current === 'string' ? current : null, servers }
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** Only this account may read it: it holds tokens. */
function write(credentials: Credentials): void {
  const path = credentialsPath()
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const beside = `${path}.${process.pid}`
  writeFileSync(beside, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
  chmodSync(beside, 0o600)
  renameSync(beside, path)
}

function unreadable(path: string, cause: unknown): ConfigError {
  return new ConfigError('CREDENTIALS_UNREADABLE', {
    message: `${path}, where "millrace login" keeps its tokens, cannot be read: ${(cause as Error).message} Remove it, and sign in again.`,
    cause,
  })
}
