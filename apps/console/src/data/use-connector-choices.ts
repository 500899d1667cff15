import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import { searchText } from '../ui/index.ts'

interface ConnectorChoice {
  readonly id: string
  readonly name: string
  /** Undefined of what is published. */
  readonly namespace: string | undefined
}

/** Of choices at once; there may be thousands. */
const most = 50

/** Data connectors that the person may see, by beginnings of words in their names and descriptions; without a text the first ones. */
export function useConnectorChoices(text: string) {
  const [looked] = useDebouncedValue(text.trim(), 200)
  const first = useQuery({
    ...apiQuery('/api/data/data_connectors', { params: { query: { per_page: most } } }),
    enabled: looked === '',
  })
  const q = searchText('DataConnector', looked)
  const found = useQuery({
    ...apiQuery('/api/data/search/query', { params: { query: { q, per_page: most } } }),
    ...{ enabled: looked !== '', placeholderData: keepPreviousData },
  })
  const listed = first.data?.map(({ id, name, namespace }): ConnectorChoice => ({ id, name, namespace }))
  const searched = found.data?.items.flatMap((item): ConnectorChoice[] =>
    item.type === 'DataConnector' ? [{ id: item.id, name: item.name, namespace: item.namespace?.slug }] : [],
  )
  const { isFetching, error } = looked === '' ? first : found
  return { connectors: looked === '' ? listed : searched, isFetching, error }
}
