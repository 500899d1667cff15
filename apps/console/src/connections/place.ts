import type { ApiPath } from '@millrace/client'
import type { LinkProps } from '@tanstack/react-router'
import { api, apiAll, apiPage, apiQuery, invalidate, type Schema } from '../api/index.ts'

/** Whose connections: for tasks of a project, of all projects of a namespace, or of every project. */
export type Place =
  | { readonly kind: 'project'; readonly id: string; readonly namespace: string; readonly slug: string }
  | { readonly kind: 'namespace'; readonly slug: string; readonly isGroup: boolean }
  | { readonly kind: 'platform' }

export type Connection = Schema<'Connection'>

const project = '/api/projects/{id}/connections'

/** The three places have the same routes below addresses of their own; they are typed as those of a project. */
const bases: Readonly<Record<Place['kind'], string>> = {
  project,
  namespace: '/api/namespaces/{slug}/connections',
  platform: '/api/connections',
}

function at<Rest extends string>({ kind }: Place, rest: Rest): `${typeof project}${Rest}` {
  return `${bases[kind]}${rest}` as `${typeof project}${Rest}`
}

function keysOf(place: Place): { id: string } {
  if (place.kind === 'project') return { id: place.id }
  return (place.kind === 'namespace' ? { slug: place.slug } : {}) as { id: string }
}

export function connectionsQuery(place: Place, page: number) {
  return apiPage(at(place, ''), { params: { path: keysOf(place), query: { page, per_page: 50 } } })
}

export function allConnectionsQuery(place: Place) {
  return apiAll(at(place, ''), { params: { path: keysOf(place) } })
}

export function connectionQuery(place: Place, connection: string) {
  return apiQuery(at(place, '/{connection}'), { params: { path: { ...keysOf(place), connection } } })
}

export function usesQuery(place: Place, connection: string) {
  const path = { ...keysOf(place), connection }
  return apiQuery(at(place, '/{connection}/used-by'), { params: { path, query: { per_page: 100 } } })
}

/** For readings of the other end, which are slow and cost something there: done anew only when the person asks for it. */
export const atOtherEnd = { staleTime: 10 * 60_000, retry: false } as const

/** What there is at the other end. To be used with `atOtherEnd`. */
export function relationsQuery(place: Place, connection: string) {
  return apiQuery(at(place, '/{connection}/relations'), { params: { path: { ...keysOf(place), connection } } })
}

export function previewQuery(place: Place, connection: string, table: string, limit: number) {
  const path = { ...keysOf(place), connection }
  return apiQuery(at(place, '/{connection}/relations/preview'), { params: { path, query: { table, limit } } })
}

export type GivenConfig = {
  readonly connector?: string
  readonly uri?: string
  readonly config?: Readonly<Record<string, string | number | boolean>>
}

export async function testConfig(place: Place, given: GivenConfig, signal: AbortSignal) {
  return await api.post(at(place, '/test'), { params: { path: keysOf(place) }, body: given, signal })
}

export async function testConnection(place: Place, connection: string) {
  return await api.post(at(place, '/{connection}/test'), { params: { path: { ...keysOf(place), connection } } })
}

export async function createConnection(
  place: Place,
  body: GivenConfig & { readonly name: string; readonly description?: string },
) {
  return await api.post(at(place, ''), { params: { path: keysOf(place) }, body })
}

export async function updateConnection(
  place: Place,
  { id, etag }: Pick<Connection, 'id' | 'etag'>,
  body: {
    readonly name?: string
    readonly description?: string
    readonly config?: Readonly<Record<string, string | number | boolean | null>>
  },
) {
  const path = { ...keysOf(place), connection: id }
  return await api.patch(at(place, '/{connection}'), { params: { path, header: { 'If-Match': etag } }, body })
}

export async function deleteConnection(place: Place, connection: string) {
  await api.delete(at(place, '/{connection}'), { params: { path: { ...keysOf(place), connection } } })
}

/** After a change of what is saved. */
export async function invalidateConnections(place: Place): Promise<void> {
  const parts = ['', '/{connection}', '/{connection}/relations', '/{connection}/relations/preview'] as const
  const lists = ['/api/projects/{id}/usable-connections', '/api/readable-connections'] as const
  await invalidate(...parts.map((part) => at(place, part) as ApiPath<'get'>), ...lists)
}

type Links = { readonly list: LinkProps; readonly create: LinkProps; readonly one: (connection: string) => LinkProps }

export function placeLinks(place: Place): Links {
  switch (place.kind) {
    case 'project': {
      const params = { namespace: place.namespace, project: place.slug }
      return {
        list: { to: '/projects/$namespace/$project/connections', params },
        create: { to: '/projects/$namespace/$project/connections/new', params },
        one: (connection) => ({
          to: '/projects/$namespace/$project/connections/$connection',
          params: { ...params, connection },
        }),
      }
    }
    case 'namespace': {
      const params = { namespace: place.slug }
      return {
        list: { to: '/connections/of/$namespace', params },
        create: { to: '/connections/of/$namespace/new', params },
        one: (connection) => ({ to: '/connections/of/$namespace/$connection', params: { ...params, connection } }),
      }
    }
    case 'platform':
      return {
        list: { to: '/connections/platform' },
        create: { to: '/connections/platform/new' },
        one: (connection) => ({ to: '/connections/platform/$connection', params: { connection } }),
      }
  }
}

/** In sentences: "connections of …". */
export function placeText(place: Place): string {
  if (place.kind === 'project') return 'the project'
  return place.kind === 'namespace' ? `the namespace ${place.slug}` : 'the platform'
}
