import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import type { Manifest } from './manifest-graph.ts'

/** What a version of a workflow is; no version changes once it is deployed. */
export function useManifest(workflow: string, version: string | undefined): UseQueryResult<Manifest, Error> {
  return useQuery({
    ...apiQuery('/api/workflows/{workflow}/versions/{version}', {
      params: { path: { workflow, version: version ?? '' } },
    }),
    enabled: version !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
}
