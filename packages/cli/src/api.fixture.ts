import { expect } from 'vitest'

export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says; tests look at parts of it
  readonly body: any
}

export interface Api {
  readonly url: string
  /** With a body as JSON; redirects are answers. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer>
  /** The body of what has to succeed. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  done(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<any>
}

/** The API as a program of the bearer of a token calls it; without a token, as nobody. */
export function apiOf({ url, token }: { readonly url: string; readonly token: string | null }): Api {
  const call: Api['call'] = async (method, path, body, headers) => {
    const response = await fetch(`${url}${path}`, {
      ...{ method, redirect: 'manual' },
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type') === 'application/json' && text !== ''
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
  return {
    ...{ url, call },
    async done(method, path, body, headers) {
      const answer = await call(method, path, body, headers)
      expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300)
      return answer.body
    },
  }
}
