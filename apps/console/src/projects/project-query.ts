import { apiQuery, invalidate, queryClient } from '../api/index.ts'
import type { Project } from './use-project.ts'

export function projectQuery(namespace: string, slug: string) {
  return apiQuery('/api/data/namespaces/{namespace}/projects/{slug}', { params: { path: { namespace, slug } } })
}

export function documentedQuery(id: string) {
  return apiQuery('/api/data/projects/{project_id}', {
    params: { path: { project_id: id }, query: { with_documentation: true } },
  })
}

/** After a change: its pages show it at once, lists as soon as they are read again. */
export async function projectChanged(project: Project): Promise<void> {
  const { documentation: _, ...shown } = project
  queryClient.setQueryData(projectQuery(project.namespace, project.slug).queryKey, shown)
  await invalidate(
    '/api/data/namespaces/{namespace}/projects/{slug}',
    '/api/data/projects/{project_id}',
    '/api/data/projects',
    '/api/data/search/query',
    '/api/projects/{project_id}/audit',
    '/api/data/user/preferences',
  )
}
