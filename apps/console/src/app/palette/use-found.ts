import { useQuery } from '@tanstack/react-query'
import { ApiError, apiPage, apiQuery } from '../../api/index.ts'
import { connectionFound, entityFound, type Found, pipelineFound, runFound, workflowFound } from './found.ts'

export interface FoundGroups {
  readonly groups: readonly { readonly label: string; readonly found: readonly Found[] }[]
  readonly isSearching: boolean
  /** What is wrong with the text, by the language of the search. */
  readonly problem?: string
}

const most = 6

/** What there is by a text: entities by the language of the search, workflows, pipelines and connections by their names, runs by id. */
export function useFound(text: string): FoundGroups {
  const isRun = /^\d{1,15}$/.test(text)
  const enabled = text.length > 1
  const options = { enabled, staleTime: 10_000 }
  const entities = useQuery({
    ...apiQuery('/api/data/search/query', { params: { query: { q: text, per_page: most } } }),
    ...options,
  })
  const workflows = useQuery({
    ...apiPage('/api/workflows', { params: { query: { search: text, per_page: most } } }),
    ...options,
  })
  const pipelines = useQuery({
    ...apiPage('/api/pipelines', { params: { query: { name: text, per_page: most } } }),
    ...options,
  })
  const connections = useQuery({
    ...apiPage('/api/readable-connections', { params: { query: { search: text, per_page: most } } }),
    ...options,
  })
  const run = useQuery({
    ...apiQuery('/api/runs/{run}', { params: { path: { run: text } } }),
    ...{ enabled: isRun, staleTime: 10_000 },
  })
  const { error } = entities
  const all = [
    { label: 'Runs', found: isRun && run.data !== undefined ? [runFound(run.data)] : [] },
    { label: 'Workflows', found: enabled ? (workflows.data?.items.map(workflowFound) ?? []) : [] },
    { label: 'Pipelines', found: enabled ? (pipelines.data?.items.map(pipelineFound) ?? []) : [] },
    { label: 'Connections', found: enabled ? (connections.data?.items.map(connectionFound) ?? []) : [] },
    { label: 'Projects, groups and people', found: enabled ? (entities.data?.items.map(entityFound) ?? []) : [] },
  ]
  return {
    groups: all.filter(({ found }) => found.length > 0),
    isSearching: [entities, workflows, pipelines, connections, run].some(({ isFetching }) => isFetching),
    ...(enabled && error instanceof ApiError && error.status === 422 ? { problem: error.message } : {}),
  }
}
