import { ConfigError, type PlatformSettings, retry, TransientError } from '@millrace/core'
import { z } from 'zod'

export interface KeycloakUser {
  readonly id: string
  readonly email: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  /** Who is not may not sign in. */
  readonly enabled: boolean
}

/** What of a realm is mirrored, through the admin API of Keycloak. */
export interface Keycloak {
  users(): AsyncIterable<readonly KeycloakUser[]>
  /** Null when there is none (any more). */
  user(id: string): Promise<KeycloakUser | null>
  /** Ids of those who registered, changed, or were changed or deleted by an administrator since then, in whole days. */
  changedUsers(since: Date): Promise<readonly string[]>
  /** Ids of those who hold the role, which there has to be. */
  holders(role: string): Promise<readonly string[]>
}

const pageSize = 100
const answerTimeoutMs = 30_000

const text = z
  .string()
  .nullish()
  .transform((value) => value || null)
const userSchema = z.object({
  ...{ id: z.string(), email: text, firstName: text, lastName: text },
  enabled: z.boolean().default(true),
})
const eventSchema = z.object({ userId: z.string().nullish() })
const adminEventSchema = z.object({ resourcePath: z.string().nullish() })

export function isKeycloakSet({ keycloakUrl }: PlatformSettings): boolean {
  return keycloakUrl !== null
}

/** @throws ConfigError SETTING_MISSING, KEYCLOAK_REFUSED; TransientError KEYCLOAK_UNREACHABLE */
export async function connectKeycloak(settings: PlatformSettings, signal: AbortSignal): Promise<Keycloak> {
  const { keycloakUrl, keycloakRealm, keycloakClientId, keycloakClientSecret } = settings
  if (keycloakUrl === null || keycloakClientId === null || keycloakClientSecret === null) {
    throw new ConfigError('SETTING_MISSING', {
      message:
        'To mirror users, set MILLRACE_KEYCLOAK_URL, MILLRACE_KEYCLOAK_CLIENT_ID and MILLRACE_KEYCLOAK_CLIENT_SECRET together.',
    })
  }
  const root = keycloakUrl.replace(/\/+$/, '')
  const realm = encodeURIComponent(keycloakRealm)
  const admin = `${root}/admin/realms/${realm}`
  let token = ''
  const signIn = async () => {
    const body = new URLSearchParams({
      ...{ grant_type: 'client_credentials', client_id: keycloakClientId, client_secret: keycloakClientSecret },
    })
    const answer = await ask(`${root}/realms/${realm}/protocol/openid-connect/token`, { method: 'POST', body }, signal)
    if (!answer.ok) throw refused(answer, 'the sign-in of the client', 'Check its id, its secret and the realm.')
    token = z.object({ access_token: z.string() }).parse(await answer.json()).access_token
  }
  await signIn()
  const get = async (path: string): Promise<Response> => {
    const once = async () => await ask(`${admin}${path}`, { headers: { authorization: `Bearer ${token}` } }, signal)
    const answer = await once()
    if (answer.status !== 401) return answer
    // Tokens of services are short-lived, and a full sync is long.
    await signIn()
    return await once()
  }
  async function* pages<Item>(path: string, item: z.ZodType<Item>): AsyncGenerator<readonly Item[]> {
    for (let first = 0; ; first += pageSize) {
      const answer = await get(`${path}${path.includes('?') ? '&' : '?'}first=${first}&max=${pageSize}`)
      if (answer.status === 404)
        throw refused(answer, path, 'Check the realm, and the name of the role for administrators.')
      if (!answer.ok) throw refused(answer, path, 'Give its service account the roles view-users and view-events.')
      const items = z.array(item).parse(await answer.json())
      yield items
      if (items.length < pageSize) return
    }
  }
  return {
    users: () => pages('/users', userSchema),
    async user(id) {
      const answer = await get(`/users/${encodeURIComponent(id)}`)
      if (answer.status === 404) return null
      if (!answer.ok) throw refused(answer, 'a user', 'Give its service account the role view-users.')
      return userSchema.parse(await answer.json())
    },
    async changedUsers(since) {
      const dateFrom = since.toISOString().slice(0, 10)
      const ids = new Set<string>()
      for await (const page of pages(`/events?type=REGISTER&type=UPDATE_PROFILE&dateFrom=${dateFrom}`, eventSchema)) {
        for (const { userId } of page) if (userId) ids.add(userId)
      }
      const operations = ['CREATE', 'UPDATE', 'DELETE'].map((type) => `operationTypes=${type}`).join('&')
      const path = `/admin-events?resourceTypes=USER&${operations}&dateFrom=${dateFrom}`
      for await (const page of pages(path, adminEventSchema)) {
        for (const { resourcePath } of page) {
          const id = /^users\/([^/]+)$/.exec(resourcePath ?? '')?.[1]
          if (id !== undefined) ids.add(id)
        }
      }
      return [...ids]
    },
    async holders(role) {
      const ids: string[] = []
      for await (const page of pages(`/roles/${encodeURIComponent(role)}/users`, userSchema)) {
        ids.push(...page.map(({ id }) => id))
      }
      return ids
    },
  }
}

async function ask(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  return await retry(
    async () => {
      const answer = await fetch(url, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
      }).catch((cause) => {
        signal.throwIfAborted()
        throw unreachable(`Keycloak at ${new URL(url).origin} did not answer.`, cause)
      })
      if (answer.status >= 500 || answer.status === 429) {
        throw unreachable(`Keycloak at ${new URL(url).origin} answered ${answer.status}.`)
      }
      return answer
    },
    { signal },
  )
}

function unreachable(message: string, cause?: unknown): TransientError {
  return new TransientError('KEYCLOAK_UNREACHABLE', {
    message: `${message} The job is tried again; check MILLRACE_KEYCLOAK_URL if this stays.`,
    cause,
  })
}

function refused(answer: Response, what: string, next: string): ConfigError {
  return new ConfigError('KEYCLOAK_REFUSED', { message: `Keycloak answered ${answer.status} to ${what}. ${next}` })
}
