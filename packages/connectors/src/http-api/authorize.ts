import { ConfigError, TransientError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { ApiDefinition } from './api-definition.ts'

export interface Authorization {
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
}

export interface Authorizer {
  authorize(signal: AbortSignal): Promise<Authorization>
  /** After a 401: whether another try with a new token makes sense. */
  forget(): boolean
}

/** Puts the secrets of the configuration where the API wants them. */
export function createAuthorizer({ auth = { type: 'none' } }: ApiDefinition, config: ConfigValues): Authorizer {
  const wanted = (name: string, variable: string) => {
    if (config[name] !== undefined) return String(config[name])
    throw new ConfigError('MISSING_CONFIGURATION', {
      message: `The API wants ${auth.type} authentication: "${name}" is required; it can also come from ${variable}.`,
    })
  }
  const fixed = (authorization: Partial<Authorization>): Authorizer => ({
    authorize: async () => ({ headers: {}, query: {}, ...authorization }),
    forget: () => false,
  })
  switch (auth.type) {
    case 'none':
      return fixed({})
    case 'bearer':
      return fixed({ headers: { Authorization: `Bearer ${wanted('token', 'HTTP_API_TOKEN')}` } })
    case 'basic': {
      const login = `${wanted('user', 'HTTP_API_USER')}:${wanted('password', 'HTTP_API_PASSWORD')}`
      return fixed({ headers: { Authorization: `Basic ${Buffer.from(login).toString('base64')}` } })
    }
    case 'api-key': {
      const key = wanted('api_key', 'HTTP_API_KEY')
      return fixed(
        auth.query === undefined
          ? { headers: { [auth.header ?? 'X-API-Key']: key } }
          : { query: { [auth.query]: key } },
      )
    }
    case 'oauth2':
      return clientCredentials(auth.token_url, {
        grant_type: 'client_credentials',
        client_id: wanted('client_id', 'HTTP_API_CLIENT_ID'),
        client_secret: wanted('client_secret', 'HTTP_API_CLIENT_SECRET'),
        ...(auth.scope === undefined ? {} : { scope: auth.scope }),
      })
  }
}

/** RFC 6749, section 4.4. A token is renewed a little before it ends. */
function clientCredentials(url: string, form: Readonly<Record<string, string>>): Authorizer {
  let token: { readonly value: string; readonly endsAt: number } | null = null
  let renewedAt = 0
  return {
    async authorize(signal) {
      if (token === null || token.endsAt < Date.now()) {
        token = await requestToken(url, form, signal)
        renewedAt = Date.now()
      }
      return { headers: { Authorization: `Bearer ${token.value}` }, query: {} }
    },
    forget() {
      // A token that is refused just after it was made will be refused again.
      const stale = token !== null && Date.now() - renewedAt > 1000
      token = null
      return stale
    },
  }
}

async function requestToken(url: string, form: Readonly<Record<string, string>>, signal: AbortSignal) {
  let status: number
  let body: { access_token?: unknown; expires_in?: unknown } = {}
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { Accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
    })
    status = response.status
    body = (await response.json().catch(() => ({}))) as typeof body
  } catch {
    signal.throwIfAborted()
    throw new TransientError('CONNECTION_FAILED', {
      message: 'The token endpoint of the API cannot be reached. Check "token_url" and the network.',
    })
  }
  if (typeof body?.access_token !== 'string') {
    const message = `The token endpoint of the API answered ${status} without a token. Check "token_url", "client_id" and "client_secret".`
    throw status >= 500
      ? new TransientError('SERVICE_UNAVAILABLE', { message })
      : new ConfigError('ACCESS_DENIED', { message })
  }
  const seconds = Number(body.expires_in ?? 3600)
  return { value: body.access_token, endsAt: Date.now() + Math.max(0, seconds - 30) * 1000 }
}
