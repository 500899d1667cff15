import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, queryClient } from '../api/index.ts'
import { isOutdated } from '../ui/index.ts'
import type { ProjectFields } from './fields.ts'
import { documentedQuery, projectChanged } from './project-query.ts'
import { type Project, useProject } from './use-project.ts'

export type ProjectChanges = Partial<ProjectFields> & {
  readonly slug?: string
  readonly namespace?: string
  readonly documentation?: string
  readonly template_id?: ''
}

interface SaveOptions {
  /** Of the version that was changed. */
  readonly etag: string
  /** The form takes over what is saved by now, as this person or somebody else left it. */
  readonly onFresh: (project: Project) => void
}

/** Saves changes of the project, unless somebody else changed it in between; goes to its new address when it gets one. */
export function useSaveProject({ etag, onFresh }: SaveOptions) {
  const { id, namespace, slug } = useProject()
  const navigate = useNavigate()
  const save = useMutation({
    mutationFn: async ({ keywords, repositories, ...rest }: ProjectChanges) =>
      await api.patch('/api/data/projects/{project_id}', {
        params: { path: { project_id: id }, header: { 'If-Match': etag } },
        body: {
          ...rest,
          ...(keywords === undefined ? {} : { keywords: [...keywords] }),
          ...(repositories === undefined ? {} : { repositories: [...repositories] }),
        },
      }),
    meta: { showsFailure: true },
    onSuccess: async (saved) => {
      onFresh(saved)
      notifications.show({ message: 'Saved.' })
      await projectChanged(saved)
      if (saved.namespace === namespace && saved.slug === slug) return
      const params = { namespace: saved.namespace, project: saved.slug }
      const to = '/projects/$namespace/$project/settings'
      await navigate({ to, params, replace: true, ignoreBlocker: true })
    },
  })
  const read = useMutation({
    mutationFn: async () => await queryClient.fetchQuery({ ...documentedQuery(id), staleTime: 0 }),
    onSuccess: async (fresh) => {
      onFresh(fresh)
      save.reset()
      await projectChanged(fresh)
    },
  })
  return { save, isOutdated: isOutdated(save.error), readAgain: () => read.mutate(), isReading: read.isPending }
}
