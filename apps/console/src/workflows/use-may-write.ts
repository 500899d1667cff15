import { useQueries, useQuery } from '@tanstack/react-query'
import { apiQuery, useUser } from '../api/index.ts'

const permissions = (project: string) =>
  apiQuery('/api/data/projects/{project_id}/permissions', { params: { path: { project_id: project } } })

/** Whether the person may change workflows of a project; of the platform, when there is none. Null until it is known. */
export function useMayWrite(project: string | undefined): boolean | null {
  const { is_admin } = useUser()
  const found = useQuery({ ...permissions(project ?? ''), enabled: project !== undefined, staleTime: 60_000 })
  if (project === undefined) return is_admin
  return found.isPending ? null : found.data?.write === true
}

/** As `useMayWrite`, for workflows of several projects. */
export function useMayWriteAny(projects: readonly (string | undefined)[]): (project: string | undefined) => boolean {
  const { is_admin } = useUser()
  const ids = [...new Set(projects)].filter((id) => id !== undefined)
  const found = useQueries({ queries: ids.map((id) => ({ ...permissions(id), staleTime: 60_000 })) })
  const writable = new Set(ids.filter((_, index) => found[index]?.data?.write === true))
  return (project) => (project === undefined ? is_admin : writable.has(project))
}
