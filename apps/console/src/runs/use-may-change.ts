import { useQuery } from '@tanstack/react-query'
import { apiQuery, useUser } from '../api/index.ts'

/** Whether the person may start, cancel and repair runs of a workflow; false while that is not known. */
export function useMayChange(workflow: string | undefined): boolean {
  const { is_admin } = useUser()
  const found = useQuery({
    ...apiQuery('/api/workflows/{workflow}', { params: { path: { workflow: workflow ?? '' } } }),
    enabled: workflow !== undefined,
  })
  const project_id = found.data?.project_id
  const permissions = useQuery({
    ...apiQuery('/api/data/projects/{project_id}/permissions', { params: { path: { project_id: project_id ?? '' } } }),
    enabled: project_id !== undefined,
  })
  if (found.data === undefined) return false
  return is_admin || (project_id !== undefined && permissions.data?.write === true)
}
