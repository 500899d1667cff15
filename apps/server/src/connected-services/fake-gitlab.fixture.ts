import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface FakeGitlab extends AsyncDisposable {
  readonly url: string
  /** Forms that were sent to its token endpoint. */
  readonly grants: readonly Readonly<Record<string, string>>[]
  /** The code that it gives to whoever opens the address. */
  agree(address: string): string
  /** How it answers from now on. */
  behave(how: { readonly lifeSeconds?: number; readonly refuses?: boolean; readonly isBroken?: boolean }): void
  /** Lets answers of its token endpoint wait until they are released. */
  holdGrants(): { readonly asked: Promise<void>; release(): void }
}

/** A fake: speaks as much of GitLab's OAuth 2 and API as connecting it needs, with PKCE by S256. */
export async function startFakeGitlab(): Promise<FakeGitlab> {
  const grants: Record<string, string>[] = []
  const codes = new Map<string, string>()
  const tokens = new Set<string>()
  let behaviour = { lifeSeconds: 7200, refuses: false, isBroken: false }
  let refreshToken = ''
  let held: { readonly ask: () => void; readonly released: Promise<void> } | null = null

  const grant = async (request: IncomingMessage) => {
    const form = Object.fromEntries(new URLSearchParams(await text(request)))
    grants.push(form)
    if (behaviour.isBroken) return { status: 502, body: 'bad gateway' }
    if (held !== null) {
      held.ask()
      await held.released
    }
    const challenge = codes.get(form.code ?? '')
    const isRight =
      form.grant_type === 'refresh_token'
        ? form.refresh_token === refreshToken
        : challenge !== undefined && (await challengeOf(form.code_verifier ?? '')) === challenge
    codes.delete(form.code ?? '')
    if (behaviour.refuses || !isRight || form.client_secret !== 'the-secret') {
      return { status: 400, body: { error: 'invalid_grant', error_description: 'It is not valid.' } }
    }
    const accessToken = `access-${grants.length}`
    refreshToken = `refresh-${grants.length}`
    tokens.add(accessToken)
    const body = { access_token: accessToken, refresh_token: refreshToken, token_type: 'Bearer', scope: 'read_user' }
    return { status: 200, body: { ...body, expires_in: behaviour.lifeSeconds } }
  }

  const server = createServer((request, response) => {
    const answer = async () => {
      if (request.url === '/oauth/token') return await grant(request)
      const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
      if (!tokens.has(token) || behaviour.refuses) return { status: 401, body: { message: '401 Unauthorized' } }
      return { status: 200, body: { username: 'alice.gitlab', web_url: `${url}/alice.gitlab` } }
    }
    void answer().then(({ status, body }) => {
      response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    grants,
    agree(address) {
      const code = `code-${codes.size + grants.length}`
      codes.set(code, new URL(address).searchParams.get('code_challenge') ?? '')
      return code
    },
    behave(how) {
      behaviour = { ...behaviour, ...how }
    },
    holdGrants() {
      const asked = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      held = { ask: asked.resolve, released: released.promise }
      return { asked: asked.promise, release: released.resolve }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  return Buffer.from(digest).toString('base64url')
}
