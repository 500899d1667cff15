import { useQuery } from '@tanstack/react-query'
import { apiAll } from '../api/index.ts'

const all = (project_id: string) => ({ params: { query: { project_id } } })

/** Everything that pipelines of a project are sorted by. */
export function useBrands(projectId: string) {
  return useQuery(apiAll('/api/brands', all(projectId)))
}

export function useClients(projectId: string) {
  return useQuery(apiAll('/api/clients', all(projectId)))
}

export function useTypes(projectId: string) {
  return useQuery(apiAll('/api/pipeline-types', all(projectId)))
}

export function useSegments(projectId: string) {
  return useQuery(apiAll('/api/segments', all(projectId)))
}

export function useTemplates(projectId: string) {
  return useQuery(apiAll('/api/pipeline-templates', all(projectId)))
}
