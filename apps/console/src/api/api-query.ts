import type { ApiData, ApiInit, ApiPath, ItemOf, Page } from '@millrace/client'
import { queryOptions } from '@tanstack/react-query'
import { api } from './api.ts'
import { queryClient } from './query-client.ts'

type Path = ApiPath<'get'>
type Read = (path: Path, init: object) => Promise<unknown>

/** As many as the API gives at once. */
const longestPage = 100

/**
 * A reading of the API for `useQuery`: `useQuery(apiQuery('/api/runs/{run}', { params: { path: { run } } }))`. Its key is the
 * path, then what is asked there.
 */
export function apiQuery<P extends Path>(path: P, ...[init]: ApiInit<'get', P>) {
  return queryOptions({
    queryKey: [path, (init ?? null) as unknown],
    queryFn: async ({ signal }) => (await (api.get as Read)(path, { ...init, signal })) as ApiData<'get', P>,
  })
}

/** As `apiQuery`, for a page of a list with its totals. */
export function apiPage<P extends Path>(path: P, ...[init]: ApiInit<'get', P>) {
  return queryOptions({
    queryKey: [path, (init ?? null) as unknown, 'page'],
    queryFn: async ({ signal }) =>
      (await (api.page as Read)(path, { ...init, signal })) as Page<ItemOf<ApiData<'get', P>>>,
  })
}

/** As `apiQuery`, for a list that is needed whole: all of its pages, one after the other. */
export function apiAll<P extends Path>(path: P, ...[init]: ApiInit<'get', P>) {
  const { params } = (init ?? {}) as { readonly params?: { readonly query?: object } }
  return queryOptions({
    queryKey: [path, (init ?? null) as unknown, 'all'],
    queryFn: async ({ signal }) => {
      const all: ItemOf<ApiData<'get', P>>[] = []
      for (let page = 1, pages = 1; page <= pages; page++) {
        const query = { ...params?.query, page, per_page: longestPage }
        const found = (await (api.page as Read)(path, { ...init, params: { ...params, query }, signal })) as Page<
          ItemOf<ApiData<'get', P>>
        >
        all.push(...found.items)
        pages = found.totalPages
      }
      return all
    },
  })
}

/** Has what was read at these paths, whatever was asked there, read again where it is shown. */
export async function invalidate(...paths: readonly Path[]): Promise<void> {
  await Promise.all(paths.map((path) => queryClient.invalidateQueries({ queryKey: [path] })))
}
