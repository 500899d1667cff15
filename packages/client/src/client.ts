import createFetchClient, { type FetchResponse, type MaybeOptionalInit } from 'openapi-fetch'
import type { HttpMethod, MediaType, PathsWithMethod } from 'openapi-typescript-helpers'
import { errorOf } from './api-error.ts'
import { retryingFetch, type Send } from './retrying-fetch.ts'
import type { paths } from './schema.generated.ts'

export interface ClientOptions {
  /** Of the server, such as `http://127.0.0.1:7474`. */
  readonly url: string
  /** None where a cookie says who asks. */
  readonly token?: string
  /** How often a request that may be repeated is sent again when the server is away or busy. Default 3. */
  readonly retries?: number
  /** Default: the platform's, which keeps connections and uses them again. */
  readonly fetch?: Send
}

/** Paths that take a method. */
export type ApiPath<Method extends HttpMethod> = PathsWithMethod<paths, Method>
/** What a call takes after its path. */
export type ApiInit<Method extends HttpMethod, P extends ApiPath<Method>> =
  undefined extends MaybeOptionalInit<paths[P], Method & keyof paths[P]>
    ? [init?: MaybeOptionalInit<paths[P], Method & keyof paths[P]>]
    : [init: MaybeOptionalInit<paths[P], Method & keyof paths[P]>]
// biome-ignore lint/suspicious/noExplicitAny: the shape that openapi-fetch itself asks of an operation
type Operation<T> = T extends Record<string | number, any> ? T : never
/** The body of an answer. */
export type ApiData<Method extends HttpMethod, P extends ApiPath<Method>> = NonNullable<
  FetchResponse<Operation<paths[P][Method & keyof paths[P]]>, object, MediaType>['data']
>

type Call<Method extends HttpMethod> = <P extends ApiPath<Method>>(
  path: P,
  ...init: ApiInit<Method, P>
) => Promise<ApiData<Method, P>>

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly page: number
  readonly perPage: number
  readonly total: number
  readonly totalPages: number
}

/** What a list is of. */
export type ItemOf<List> = List extends readonly (infer Item)[] ? Item : never

/**
 * The operations of the server, typed by its OpenAPI document: `client.get('/api/runs/{run}', { params: { path: { run } } })`.
 * Every method gives the answer's body, and throws an ApiError when the server refuses, an UnreachableError when it gives no
 * answer.
 */
export interface Client {
  readonly get: Call<'get'>
  readonly post: Call<'post'>
  readonly put: Call<'put'>
  readonly patch: Call<'patch'>
  readonly delete: Call<'delete'>
  /** A list with its totals. */
  readonly page: <P extends ApiPath<'get'>>(
    path: P,
    ...init: ApiInit<'get', P>
  ) => Promise<Page<ItemOf<ApiData<'get', P>>>>
  /** Stores the code of workflows under the SHA-256 of its bytes, unless it is there. Returns whether it was sent. */
  readonly uploadPackage: (sha256: string, zip: Uint8Array<ArrayBuffer>) => Promise<boolean>
  /** An answer as it comes, for streams and bytes. */
  readonly stream: (path: string, init?: StreamInit) => Promise<Response>
}

export interface StreamInit {
  /** Default `GET`. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export function createClient(options: ClientOptions): Client {
  const { token, retries = 3 } = options
  const url = options.url.replace(/\/+$/, '')
  const send: Send = options.fetch ?? ((request, signal) => fetch(request, signal === undefined ? {} : { signal }))
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const request = async (given: Request, signal?: AbortSignal): Promise<Response> => {
    const response = await retryingFetch(given, { retries, send, signal })
    if (!response.ok) throw await errorOf(response)
    return response
  }
  const inner = createFetchClient<Record<string, never>>({ baseUrl: url, headers: authorization })
  // Its types say more than its code needs; ours are checked where the methods are called.
  const typed = inner.request as (
    method: string,
    path: string,
    init: object,
  ) => Promise<{ readonly data?: unknown; readonly response: Response }>
  const untyped = (method: string, path: string, init: { readonly signal?: AbortSignal | null } = {}) =>
    typed(method, path, { ...init, fetch: (given: Request) => request(given, init.signal ?? undefined) })
  const call =
    <Method extends HttpMethod>(method: Method): Call<Method> =>
    async (path, ...[init]) =>
      (await untyped(method, path as string, init)).data as never
  return {
    get: call('get'),
    post: call('post'),
    put: call('put'),
    patch: call('patch'),
    delete: call('delete'),
    async page(path, ...[init]) {
      const { data, response } = await untyped('get', path as string, init)
      const total = (name: string) => Number(response.headers.get(name) ?? Number.NaN)
      return {
        items: data as never,
        page: total('page'),
        perPage: total('per-page'),
        total: total('total'),
        totalPages: total('total-pages'),
      }
    },
    async uploadPackage(sha256, zip) {
      const headers = { ...authorization, 'content-type': 'application/zip' }
      const response = await request(
        new Request(`${url}/api/packages/${encodeURIComponent(sha256)}`, { method: 'PUT', body: zip, headers }),
      )
      await response.body?.cancel()
      return response.status === 201
    },
    async stream(path, { method = 'GET', body, headers, signal } = {}) {
      return await request(
        new Request(`${url}${path}`, {
          method,
          ...(body === undefined ? {} : { body }),
          headers: { ...authorization, ...headers },
          ...(signal === undefined ? {} : { signal }),
        }),
        signal,
      )
    },
  }
}
