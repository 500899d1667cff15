import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeUser {
  readonly id: string
  readonly email?: string
  readonly firstName?: string
  readonly lastName?: string
  readonly enabled?: boolean
}

export interface FakeKeycloak extends AsyncDisposable {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly users: Map<string, FakeUser>
  /** Of users themselves. */
  readonly events: { readonly time: number; readonly type: string; readonly userId: string }[]
  readonly adminEvents: { readonly time: number; readonly operationType: string; readonly resourcePath: string }[]
  /** By role. */
  readonly holders: Map<string, readonly string[]>
  /** Paths with their queries, in order. */
  readonly asked: string[]
  /** Refuses all tokens that it gave so far. */
  expireTokens(): void
  /** Answers the next so many requests with 503. */
  failNext(count: number): void
}

/** The part of the admin API of Keycloak that is asked, as far as its documentation describes it. It is not Keycloak. */
export async function startFakeKeycloak(realm = 'Renku'): Promise<FakeKeycloak> {
  const state = { token: 1, failures: 0 }
  const fake = {
    ...{ clientId: 'millrace', clientSecret: 'secret-of-the-client' },
    ...({ users: new Map(), events: [], adminEvents: [], holders: new Map(), asked: [] } as Pick<
      FakeKeycloak,
      'users' | 'events' | 'adminEvents' | 'holders' | 'asked'
    >),
  }
  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    const url = new URL(request.url ?? '', 'http://fake')
    fake.asked.push(`${url.pathname}${url.search}`)
    if (state.failures > 0) {
      state.failures--
      return [503, { error: 'busy' }]
    }
    if (url.pathname === `/realms/${realm}/protocol/openid-connect/token`) {
      let form = ''
      for await (const part of request) form += part
      const given = new URLSearchParams(form)
      const isKnown = given.get('client_id') === fake.clientId && given.get('client_secret') === fake.clientSecret
      if (given.get('grant_type') !== 'client_credentials' || !isKnown) return [401, { error: 'unauthorized_client' }]
      return [200, { access_token: `token-${state.token}`, expires_in: 60, token_type: 'Bearer' }]
    }
    if (request.headers.authorization !== `Bearer token-${state.token}`)
      return [401, { error: 'HTTP 401 Unauthorized' }]
    const [kind, id, part] = url.pathname.replace(`/admin/realms/${realm}/`, '').split('/')
    const page = (items: readonly unknown[]): [number, unknown] => {
      const first = Number(url.searchParams.get('first') ?? 0)
      return [200, items.slice(first, first + Math.min(100, Number(url.searchParams.get('max') ?? 100)))]
    }
    const since = Date.parse(url.searchParams.get('dateFrom') ?? '1970-01-01')
    const isRecent = ({ time }: { readonly time: number }) => time >= since
    if (kind === 'users' && id === undefined) return page([...fake.users.values()])
    if (kind === 'users') {
      const user = fake.users.get(decodeURIComponent(id ?? ''))
      return user === undefined ? [404, { error: 'User not found' }] : [200, user]
    }
    if (kind === 'events') return page(fake.events.filter(isRecent))
    if (kind === 'admin-events') return page(fake.adminEvents.filter(isRecent))
    const holders = kind === 'roles' && part === 'users' ? fake.holders.get(id ?? '') : undefined
    if (holders === undefined) return [404, { error: 'Could not find role' }]
    return page(holders.map((holder) => fake.users.get(holder) ?? { id: holder }))
  }
  const server = createServer((request, response) => {
    answer(request).then(
      ([status, body]) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (error) => response.writeHead(500).end(`${error}`),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ...fake,
    url: `http://127.0.0.1:${port}`,
    expireTokens: () => {
      state.token++
    },
    failNext: (count) => {
      state.failures = count
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
