import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import { mostChoices, useSearched } from './use-searched.ts'

export interface ProjectChoice {
  readonly id: string
  readonly name: string
  readonly namespace: string
  readonly slug: string
  /** Unknown of what was looked for. */
  readonly isTemplate?: boolean
}

/**
 * Projects that the person may see, by beginnings of words in their names and descriptions (`ledg`), also within a namespace
 * (`bank / ledg`). Without a text the first ones.
 */
export function useProjectChoices(text: string) {
  const found = useSearched('Project', text)
  const first = useQuery({
    ...apiQuery('/api/data/projects', { params: { query: { per_page: mostChoices } } }),
    enabled: !found.isAsked,
  })
  const projects: readonly ProjectChoice[] | undefined = found.isAsked
    ? found.items?.map(({ id, name, namespace, slug }) => ({ id, name, namespace: namespace?.slug ?? '', slug }))
    : first.data?.map(({ is_template: isTemplate, ...one }) => ({ ...one, isTemplate }))
  const { isFetching, error } = found.isAsked ? found : first
  return { projects, isFetching, error }
}
