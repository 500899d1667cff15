import { useMutation, useQuery } from '@tanstack/react-query'
import { ApiError, api, apiQuery, queryClient } from '../api/index.ts'

const preferences = apiQuery('/api/data/user/preferences')

/** Projects that the person pinned, by `namespace/slug`; undefined while that is not known. */
export function usePins() {
  const { data, error } = useQuery({ ...preferences, staleTime: 60_000 })
  // There are no preferences before the first one is set.
  const hasNone = error instanceof ApiError && error.status === 404
  const pinned = data?.pinned_projects.project_slugs ?? (hasNone ? [] : undefined)
  const toggle = useMutation({
    mutationFn: async ({ path, isPinned }: { readonly path: string; readonly isPinned: boolean }) =>
      isPinned
        ? await api.post('/api/data/user/preferences/pinned_projects', { body: { project_slug: path } })
        : await api.delete('/api/data/user/preferences/pinned_projects', { params: { query: { project_slug: path } } }),
    onMutate: ({ path, isPinned }) =>
      queryClient.setQueryData(preferences.queryKey, (before) => {
        if (before === undefined) return before
        const others = before.pinned_projects.project_slugs.filter((slug) => !isSame(slug, path))
        return { ...before, pinned_projects: { project_slugs: isPinned ? [...others, path] : others } }
      }),
    onSettled: async () => await queryClient.invalidateQueries({ queryKey: preferences.queryKey }),
  })
  return {
    isKnown: pinned !== undefined,
    isPinned: (path: string) => pinned?.some((slug) => isSame(slug, path)) === true,
    setPinned: (path: string, isPinned: boolean) => toggle.mutate({ path, isPinned }),
  }
}

/** Capital letters in addresses count as small ones. */
function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
