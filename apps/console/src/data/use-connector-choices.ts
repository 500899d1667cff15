import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import { mostChoices, useSearched } from '../ui/index.ts'

interface ConnectorChoice {
  readonly id: string
  readonly name: string
  /** Undefined of what is published. */
  readonly namespace: string | undefined
}

/** Data connectors that the person may see, by beginnings of words in their names and descriptions; without a text the first ones. */
export function useConnectorChoices(text: string) {
  const found = useSearched('DataConnector', text)
  const first = useQuery({
    ...apiQuery('/api/data/data_connectors', { params: { query: { per_page: mostChoices } } }),
    enabled: !found.isAsked,
  })
  const connectors: readonly ConnectorChoice[] | undefined = found.isAsked
    ? found.items?.map(({ id, name, namespace }) => ({ id, name, namespace: namespace?.slug }))
    : first.data?.map(({ id, name, namespace }) => ({ id, name, namespace }))
  const { isFetching, error } = found.isAsked ? found : first
  return { connectors, isFetching, error }
}
