import { ConfigError, type PlatformSettings, retry, TransientError } from '@millrace/core'
import { HttpError, signInternalToken } from '@millrace/http'
import { type Owner, readSharedKey } from '@millrace/secrets'

/** Ids in one call; its token names each of them. */
const idsPerCall = 100
const timeoutMs = 60_000
const tokenLifeSeconds = 60

/** The inner texts of sealed values, in the order of their ids, from the secrets service. */
export async function openOuterLayers(
  settings: PlatformSettings,
  owner: Owner,
  ids: readonly string[],
): Promise<string[]> {
  const texts: string[] = []
  for (let from = 0; from < ids.length; from += idsPerCall) {
    const some = ids.slice(from, from + idsPerCall)
    texts.push(...(await retry(() => call(settings, owner, some), { retries: 2, minDelayMs: 100 })))
  }
  return texts
}

async function call(settings: PlatformSettings, owner: Owner, ids: readonly string[]): Promise<string[]> {
  const { secretsUrl, internalTokenKeyPath } = settings
  if (secretsUrl === null) {
    throw new ConfigError('SECRETS_SERVICE_NOT_SET', {
      message:
        'Values of secrets are opened with the help of the secrets service, and MILLRACE_SECRETS_URL does not say where it is. Start it and set its address; docs/guides/secrets.md shows how.',
    })
  }
  const key = await readSharedKey({ path: internalTokenKeyPath, variable: 'MILLRACE_INTERNAL_TOKEN_KEY_PATH' })
  const token = await signInternalToken(
    { key },
    {
      subject: 'millrace-server',
      scope: 'secrets:open',
      lifeSeconds: tokenLifeSeconds,
      claims: { owner, secrets: ids },
    },
  )
  const response = await fetch(new URL('/api/secrets/open', secretsUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ owner, secret_ids: ids }),
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  }).catch(() => {
    throw away(secretsUrl, 'does not answer')
  })
  if (response.status === 503 || response.status === 502 || response.status === 429) {
    throw away(secretsUrl, `answers ${response.status}`)
  }
  if (response.status !== 200) throw cannotOpen(response.status)
  const body = (await response.json().catch(() => null)) as { secrets?: { id?: unknown; inner?: unknown }[] } | null
  const texts = new Map(body?.secrets?.map(({ id, inner }) => [id, inner]))
  return ids.map((id) => {
    const inner = texts.get(id)
    if (typeof inner !== 'string') throw cannotOpen(response.status)
    return inner
  })
}

function away(url: string, what: string): TransientError {
  return new TransientError('SECRETS_SERVICE_AWAY', {
    message: `The secrets service at ${new URL(url).origin} ${what}. Look whether it runs; then try again.`,
  })
}

/** Says nothing about the cause: that is in the log of the service. */
function cannotOpen(status: number): HttpError {
  return new HttpError(
    500,
    'SECRET_UNREADABLE',
    'A secret could not be opened. Set its value anew, or ask the administrator to look into the log of the secrets service.',
    {
      number: 1510,
      details: { status },
    },
  )
}
