import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import { searchText } from './search-text.ts'

/** Of choices at once; there may be thousands. */
export const mostChoices = 50

/** What of a type is found by a text, a moment after it is typed. Without a text nothing is asked. */
export function useSearched<Type extends 'Project' | 'DataConnector'>(type: Type, text: string) {
  const [looked] = useDebouncedValue(text.trim(), 200)
  const isAsked = looked !== ''
  const query = { q: searchText(type, looked), per_page: mostChoices }
  const { data, isFetching, error } = useQuery({
    ...apiQuery('/api/data/search/query', { params: { query } }),
    ...{ enabled: isAsked, placeholderData: keepPreviousData },
  })
  const items = data?.items.filter((item): item is Extract<typeof item, { type: Type }> => item.type === type)
  return { isAsked, items, isFetching, error }
}
