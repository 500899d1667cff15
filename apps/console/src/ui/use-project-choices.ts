import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import { searchText } from './search-text.ts'

export interface ProjectChoice {
  readonly id: string
  readonly name: string
  readonly namespace: string
  readonly slug: string
  /** Unknown of what was looked for. */
  readonly isTemplate?: boolean
}

/** Of choices at once; there may be thousands. */
const most = 50

/**
 * Projects that the person may see, by beginnings of words in their names and descriptions (`ledg`), also within a namespace
 * (`bank / ledg`). Without a text the first ones.
 */
export function useProjectChoices(text: string) {
  const [looked] = useDebouncedValue(text.trim(), 200)
  const first = useQuery({
    ...apiQuery('/api/data/projects', { params: { query: { per_page: most } } }),
    enabled: looked === '',
  })
  const found = useQuery({
    ...apiQuery('/api/data/search/query', { params: { query: { q: searchText('Project', looked), per_page: most } } }),
    ...{ enabled: looked !== '', placeholderData: keepPreviousData },
  })
  const listed = first.data?.map(
    (one): ProjectChoice => ({
      ...{ id: one.id, name: one.name, namespace: one.namespace, slug: one.slug, isTemplate: one.is_template },
    }),
  )
  const searched = found.data?.items.flatMap((item): ProjectChoice[] =>
    item.type === 'Project'
      ? [{ id: item.id, name: item.name, namespace: item.namespace?.slug ?? '', slug: item.slug }]
      : [],
  )
  const { isFetching, error } = looked === '' ? first : found
  return { projects: looked === '' ? listed : searched, isFetching, error }
}
