import { useQuery } from '@tanstack/react-query'
import { apiQuery, type Schema } from '../api/index.ts'
import { useProject } from './use-project.ts'

const none: Schema<'Permissions'> = { write: false, delete: false, change_membership: false }

/** What the person may do to the project that the page is of; nothing while that is not known. */
export function usePermissions(): Schema<'Permissions'> & { readonly isKnown: boolean } {
  const { id } = useProject()
  const { data } = useQuery(
    apiQuery('/api/data/projects/{project_id}/permissions', { params: { path: { project_id: id } } }),
  )
  return { ...(data ?? none), isKnown: data !== undefined }
}
