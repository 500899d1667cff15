import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'

/** Whether the person may change what belongs to a project; undefined until it is known. */
export function useProjectWrite(projectId: string): boolean | undefined {
  const { data } = useQuery({
    ...apiQuery('/api/data/projects/{project_id}/permissions', { params: { path: { project_id: projectId } } }),
    staleTime: 60_000,
  })
  return data?.write
}
