import { useQuery } from '@tanstack/react-query'
import { apiQuery, useUser } from '../../api/index.ts'

/** Whether the person may run workflows of a project, or of none, again; false while that is not known. */
export function useMayRepair(project: string | undefined): boolean {
  const { is_admin } = useUser()
  const permissions = useQuery({
    ...apiQuery('/api/data/projects/{project_id}/permissions', { params: { path: { project_id: project ?? '' } } }),
    enabled: project !== undefined && !is_admin,
    staleTime: 60_000,
  })
  return is_admin || permissions.data?.write === true
}
