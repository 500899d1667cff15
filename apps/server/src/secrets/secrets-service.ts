import { ConfigError, type PlatformSettings, TransientError } from '@millrace/core'
import { type InternalToken, signInternalToken } from '@millrace/http'
import { readSharedKey } from '@millrace/secrets'

const timeoutMs = 60_000
const tokenLifeSeconds = 60

/**
 * A call of the secrets service, with a token for this call.
 *
 * @throws ConfigError SECRETS_SERVICE_NOT_SET, SECRETS_SERVICE_REFUSES, KEY_NOT_SET and others about the key that both share.
 * @throws TransientError SECRETS_SERVICE_AWAY when it does not answer.
 */
export async function callSecretsService(
  { secretsUrl, secretsTokenKeyPath }: PlatformSettings,
  path: `/api/secrets/${string}`,
  body: unknown,
  token: Pick<InternalToken, 'subject' | 'scope' | 'claims'>,
): Promise<Response> {
  if (secretsUrl === null) {
    throw new ConfigError('SECRETS_SERVICE_NOT_SET', {
      message:
        'Values of secrets are opened with the help of the secrets service, and MILLRACE_SECRETS_URL does not say where it is. Start it and set its address; docs/guides/secrets.md shows how.',
    })
  }
  const key = await readSharedKey({ path: secretsTokenKeyPath, variable: 'MILLRACE_SECRETS_TOKEN_KEY_PATH' })
  const bearer = await signInternalToken({ key }, { ...token, lifeSeconds: tokenLifeSeconds })
  const response = await fetch(new URL(path, secretsUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  }).catch(() => {
    throw away(secretsUrl, 'does not answer')
  })
  if ([429, 502, 503].includes(response.status)) throw away(secretsUrl, `answers ${response.status}`)
  if (response.status === 401) {
    throw new ConfigError('SECRETS_SERVICE_REFUSES', {
      message:
        'The secrets service does not take the tokens of this server. Give both the same key at MILLRACE_SECRETS_TOKEN_KEY_PATH, and see that the clocks of their machines agree.',
    })
  }
  return response
}

function away(url: string, what: string): TransientError {
  return new TransientError('SECRETS_SERVICE_AWAY', {
    message: `The secrets service at ${new URL(url).origin} ${what}. Look whether it runs; then try again.`,
  })
}
