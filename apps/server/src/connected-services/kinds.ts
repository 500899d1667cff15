import type { ProviderKind, ProviderRow } from './provider-store.ts'

export interface Endpoints {
  /** As tokens of identity name it. */
  readonly issuer: string
  readonly authorization: string
  readonly token: string
}

export interface Account {
  readonly username: string
  readonly web_url?: string
}

/** What differs between the services that users connect; everything else is OAuth 2. */
export interface KindFacts {
  /** Null: the service tells by OpenID Connect discovery. */
  readonly endpoints: ((base: string) => Endpoints) | null
  /** Without these some services give no refresh token. */
  readonly authorizationParameters: Readonly<Record<string, string>>
  /** Where the service says whose token it is; null: its discovery says it. */
  readonly account: ((base: string) => { readonly url: string; readonly method: 'GET' | 'POST' }) | null
  readonly headers: Readonly<Record<string, string>>
  /** Null when the answer is not one. */
  readAccount(answer: unknown, base: string): Account | null
}

const json = { accept: 'application/json' }

export const kindFacts: Readonly<Record<ProviderKind, KindFacts>> = {
  gitlab: {
    endpoints: (base) => ({ issuer: base, authorization: `${base}/oauth/authorize`, token: `${base}/oauth/token` }),
    authorizationParameters: {},
    account: (base) => ({ url: `${base}/api/v4/user`, method: 'GET' }),
    headers: json,
    readAccount: (answer) => accountOf(textAt(answer, 'username'), textAt(answer, 'web_url')),
  },
  github: {
    endpoints: (base) => ({
      issuer: base,
      authorization: `${base}/login/oauth/authorize`,
      token: `${base}/login/oauth/access_token`,
    }),
    authorizationParameters: {},
    account: (base) => ({ url: `${githubApi(base)}/user`, method: 'GET' }),
    headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
    readAccount: (answer) => accountOf(textAt(answer, 'login'), textAt(answer, 'html_url')),
  },
  google: {
    endpoints: () => ({
      issuer: 'https://accounts.google.com',
      authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
      token: 'https://oauth2.googleapis.com/token',
    }),
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    account: () => ({ url: 'https://openidconnect.googleapis.com/v1/userinfo', method: 'GET' }),
    headers: json,
    readAccount: (answer) => accountOf(textAt(answer, 'email') ?? textAt(answer, 'name')),
  },
  dropbox: {
    endpoints: () => ({
      issuer: 'https://www.dropbox.com',
      authorization: 'https://www.dropbox.com/oauth2/authorize',
      token: 'https://api.dropboxapi.com/oauth2/token',
    }),
    authorizationParameters: { token_access_type: 'offline' },
    account: () => ({ url: 'https://api.dropboxapi.com/2/users/get_current_account', method: 'POST' }),
    headers: json,
    readAccount: (answer) => accountOf(textAt(answer, 'email')),
  },
  zenodo: {
    endpoints: (base) => ({ issuer: base, authorization: `${base}/oauth/authorize`, token: `${base}/oauth/token` }),
    authorizationParameters: {},
    // It tells nobody who they are; deposits name their owner.
    account: (base) => ({ url: `${base}/api/deposit/depositions?size=1`, method: 'GET' }),
    headers: json,
    readAccount(answer, base) {
      if (!Array.isArray(answer)) return null
      const owner = (answer[0] as { readonly owner?: unknown } | undefined)?.owner
      return { username: owner === undefined ? 'Zenodo user' : `Zenodo user ${owner}`, web_url: base }
    },
  },
  generic_oidc: {
    endpoints: null,
    authorizationParameters: {},
    account: null,
    headers: json,
    readAccount: (answer) =>
      accountOf(
        textAt(answer, 'preferred_username') ??
          textAt(answer, 'email') ??
          textAt(answer, 'name') ??
          textAt(answer, 'sub'),
        textAt(answer, 'profile'),
      ),
  },
}

/** The address of a service without "/" at its end. */
export function baseOf({ url }: Pick<ProviderRow, 'url'>): string {
  return url.replace(/\/+$/, '')
}

/** GitHub Enterprise Server has its API below its own address. */
export function githubApi(base: string): string {
  return new URL(base).host === 'github.com' ? 'https://api.github.com' : `${base}/api/v3`
}

function accountOf(username: string | undefined, webUrl?: string | undefined): Account | null {
  if (username === undefined) return null
  return { username, ...(webUrl === undefined ? {} : { web_url: webUrl }) }
}

function textAt(answer: unknown, name: string): string | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined
  const value = (answer as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
