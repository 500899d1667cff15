import { useQuery } from '@tanstack/react-query'
import { apiQuery, useUser } from '../api/index.ts'
import type { Place } from './place.ts'

/** Whether the person may change connections of a place, and try them; undefined while that is not known. */
export function useWrite(place: Place): boolean | undefined {
  const { is_admin } = useUser()
  const ofProject = useQuery({
    ...apiQuery('/api/data/projects/{project_id}/permissions', {
      params: { path: { project_id: place.kind === 'project' ? place.id : '' } },
    }),
    enabled: place.kind === 'project',
  })
  const ofGroup = useQuery({
    ...apiQuery('/api/data/groups/{slug}/permissions', {
      params: { path: { slug: place.kind === 'namespace' ? place.slug : '' } },
    }),
    enabled: place.kind === 'namespace' && place.isGroup,
  })
  switch (place.kind) {
    case 'project':
      return ofProject.data?.write
    case 'namespace':
      // Nobody sees connections of somebody else's own namespace.
      return place.isGroup ? ofGroup.data?.write : true
    case 'platform':
      return is_admin
  }
}
