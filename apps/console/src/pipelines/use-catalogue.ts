import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'

const all = (project_id: string) => ({ params: { query: { project_id, per_page: 100 } } })

/** Everything that pipelines of a project are sorted by. */
export function useBrands(projectId: string) {
  return useQuery(apiQuery('/api/brands', all(projectId)))
}

export function useClients(projectId: string) {
  return useQuery(apiQuery('/api/clients', all(projectId)))
}

export function useTypes(projectId: string) {
  return useQuery(apiQuery('/api/pipeline-types', all(projectId)))
}

export function useSegments(projectId: string) {
  return useQuery(apiQuery('/api/segments', all(projectId)))
}

export function useTemplates(projectId: string) {
  return useQuery(apiQuery('/api/pipeline-templates', all(projectId)))
}
