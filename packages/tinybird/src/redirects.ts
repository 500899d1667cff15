import { type Agents, type Answer, type Exchange, exchange } from './exchange.ts'

const mostRedirects = 5

export interface Redirected {
  readonly answer: Answer
  /** Where the answer came from. */
  readonly url: URL
}

/**
 * Follows redirects. 301, 302, 307 and 308 repeat the request with its method and body, since a load that silently became
 * a GET would seem to have succeeded; 303 becomes a GET. The token goes to the same origin only, or to the same host when
 * http became https. A redirect from https to http is not followed: it is the answer.
 */
export async function exchangeFollowing(first: Exchange, agents: Agents): Promise<Redirected> {
  let next = first
  for (let redirects = 0; ; redirects++) {
    const answer = await exchange(next, agents)
    const url = targetOf(answer, next.url)
    if (url === null || redirects === mostRedirects) return { answer, url: next.url }
    next = {
      ...next,
      url,
      headers: mayHaveToken(next.url, url) ? next.headers : withoutToken(next.headers),
      ...(answer.status === 303 ? { method: next.method === 'HEAD' ? 'HEAD' : 'GET', body: null } : {}),
    }
  }
}

function targetOf({ status, headers }: Answer, from: URL): URL | null {
  if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return null
  const url = URL.parse(headers.location, from.href)
  if (url === null) return null
  const safe = url.protocol === 'https:' || (url.protocol === 'http:' && from.protocol === 'http:')
  return safe ? url : null
}

function mayHaveToken(from: URL, to: URL): boolean {
  if (from.origin === to.origin) return true
  const upgraded = from.protocol === 'http:' && to.protocol === 'https:'
  return upgraded && from.hostname === to.hostname && from.port === '' && to.port === ''
}

function withoutToken(headers: Exchange['headers']): Exchange['headers'] {
  const { authorization: _, ...rest } = headers
  return rest
}
