import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeService extends AsyncDisposable {
  readonly url: string
  /** Takes its tokens back: neither they nor refreshes are taken from now on. */
  revoke(): void
}

/** A fake: speaks as much of GitLab as connecting it takes, and agrees to everything. */
export async function startFakeService(): Promise<FakeService> {
  let isRevoked = false
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://service.test')
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    if (url.pathname === '/oauth/authorize') {
      const back = new URL(url.searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('state', url.searchParams.get('state') ?? '')
      back.searchParams.set('code', 'agreed')
      response.writeHead(302, { location: back.href }).end()
    } else if (isRevoked) {
      answer(url.pathname === '/oauth/token' ? 400 : 401, { error: 'invalid_grant' })
    } else if (url.pathname === '/oauth/token') {
      answer(200, { access_token: 'access', refresh_token: 'refresh', token_type: 'Bearer', expires_in: 7200 })
    } else if (url.pathname === '/api/v4/user') {
      answer(200, { username: 'ada.there', web_url: 'http://service.test/ada.there' })
    } else answer(404, {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    revoke() {
      isRevoked = true
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
