import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ApiError, api, invalidate } from '../api/index.ts'
import type { ProjectFields } from './fields.ts'

type NewProject = Partial<ProjectFields> & {
  readonly name: string
  readonly namespace: string
  readonly slug: string
}

/** Creates a project, from another one when `from` has its id, and goes there. */
export function useNewProject(from: string | undefined) {
  const navigate = useNavigate()
  return useMutation({
    mutationFn: async ({ keywords = [], repositories = [], ...rest }: NewProject) => {
      const body = { ...rest, keywords: [...keywords], repositories: [...repositories] }
      if (from === undefined) return await api.post('/api/data/projects', { body })
      try {
        return await api.post('/api/data/projects/{project_id}/copies', {
          params: { path: { project_id: from } },
          body,
        })
      } catch (error) {
        if (!(error instanceof ApiError && error.detail === 'LINKS_NOT_COPIED')) throw error
        // It is there all the same.
        notifications.show({ color: 'yellow', title: 'Not all was copied', message: error.message, autoClose: false })
        return { namespace: rest.namespace, slug: rest.slug }
      }
    },
    meta: { showsFailure: true },
    onSuccess: async ({ namespace, slug }) => {
      await invalidate('/api/data/projects', '/api/data/search/query')
      await navigate({
        to: '/projects/$namespace/$project',
        params: { namespace, project: slug },
        ignoreBlocker: true,
      })
    },
  })
}
