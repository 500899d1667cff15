import { useQuery } from '@tanstack/react-query'
import { apiAll, apiQuery, type Schema } from '../api/index.ts'
import { allConnectionsQuery, type Place } from '../connections/index.ts'

type Usable = Schema<'UsableConnection'>
type Connector = Schema<'Connector'>

/** A connection that the copy may name, with what its connector can do. */
export interface End extends Usable {
  readonly title: string
  readonly canRead: boolean
  readonly canWrite: boolean
  readonly canQuery: boolean
  /** Holds files instead of tables. */
  readonly isFiles: boolean
  readonly modes: readonly string[]
}

/** Connections that a project's copies may name; undefined until they are known. */
export function useEnds(projectId: string) {
  const usable = useQuery(apiAll('/api/projects/{id}/usable-connections', { params: { path: { id: projectId } } }))
  const connectors = useQuery({ ...apiQuery('/api/connectors'), staleTime: Number.POSITIVE_INFINITY })
  const ends =
    usable.data === undefined || connectors.data === undefined
      ? undefined
      : usable.data.map((one) => endOf(one, connectors.data))
  return { ends, error: usable.error ?? connectors.error, refetch: usable.refetch }
}

function endOf(usable: Usable, connectors: readonly Connector[]): End {
  const connector = connectors.find(({ name }) => name === usable.connector)
  const { source = false, sink = false, query = false, modes = [] } = connector?.capabilities ?? {}
  return {
    ...usable,
    title: connector?.title ?? usable.connector,
    canRead: source,
    canWrite: sink,
    canQuery: query,
    isFiles: connector?.kind === 'object-store',
    modes,
  }
}

/** Where a usable connection is, and its id there: what it takes to look into it. Null: the person may not. */
export function useEndAddress(project: Extract<Place, { kind: 'project' }>, end: End | undefined) {
  const place: Place =
    end?.of === 'namespace'
      ? { kind: 'namespace', slug: project.namespace, isGroup: true }
      : end?.of === 'platform'
        ? { kind: 'platform' }
        : project
  const found = useQuery({ ...allConnectionsQuery(place), enabled: end !== undefined, retry: false })
  if (end === undefined || found.isPending) return undefined
  const connection = found.data?.find(({ name }) => name === end.name)
  return connection === undefined ? null : { place, id: connection.id }
}
