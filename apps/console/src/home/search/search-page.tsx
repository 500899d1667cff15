import { Button, Group, Loader, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { apiQuery } from '../../api/index.ts'
import { EmptyState, Failure, Loaded, Page, Pager } from '../../ui/index.ts'
import { Facets } from './facets.tsx'
import { FoundEntity } from './found-entity.tsx'
import { FoundOperations } from './found-operations.tsx'
import { LanguageHelp } from './language-help.tsx'

const route = getRouteApi('/shell/search')
const debounceMs = 250
const perPage = 25

export function SearchPage() {
  const { q = '', page = 1 } = route.useSearch()
  const navigate = route.useNavigate()
  const [text, setText] = useState(q)
  const typed = useRef(q)
  useEffect(() => {
    // The address changed by a facet, or by going back.
    if (q !== typed.current) setText(q)
    typed.current = q
  }, [q])

  const search = (next: string) => {
    searchSoon.cancel()
    typed.current = next.trim()
    void navigate({ to: '/search', search: next.trim() === '' ? {} : { q: next.trim() }, replace: true })
  }
  const searchSoon = useDebouncedCallback(search, debounceMs)
  const change = (next: string) => {
    setText(next)
    search(next)
  }
  const result = useQuery({
    ...apiQuery('/api/data/search/query', { params: { query: { q, page, per_page: perPage, include_counts: true } } }),
    placeholderData: keepPreviousData,
  })
  const { error, isFetching } = result
  return (
    <Page
      title="Search"
      about="Finds projects, groups, people, data connectors, workflows, pipelines and connections that you may see."
    >
      <Group align="flex-end" wrap="nowrap">
        <TextInput
          type="search"
          flex={1}
          label="Look for"
          placeholder="orders type:Project"
          value={text}
          data-autofocus
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={isFetching ? <Loader size={16} role="status" aria-label="Searching" /> : undefined}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value)
            searchSoon(currentTarget.value)
          }}
          onKeyDown={({ key }) => {
            if (key === 'Enter') search(text)
          }}
        />
        <LanguageHelp />
      </Group>
      {error !== null && result.data !== undefined && <Failure error={error} title="This cannot be looked for" />}
      {q !== '' && <FoundOperations text={q} />}
      <Loaded query={result}>
        {({ items, facets, pagingInfo: { totalResult, totalPages } }) => (
          <Group align="flex-start" gap="xl" wrap="wrap-reverse" aria-busy={isFetching ? undefined : false}>
            <Stack flex="1 1 320px" miw={0}>
              <Title order={2}>Projects, groups, people and data connectors</Title>
              <Text size="sm" c="dimmed" role="status">
                {totalResult.toLocaleString()} found
              </Text>
              {items.length === 0 ? (
                <EmptyState
                  title="Nothing of this is found"
                  action={
                    q === '' ? undefined : (
                      <Button variant="default" onClick={() => change('')}>
                        Show everything
                      </Button>
                    )
                  }
                >
                  Try fewer words, or the beginning of a word. What you may not see is not found either.
                </EmptyState>
              ) : (
                <Stack gap={0} component="ul" m={0} p={0}>
                  {items.map((item) => (
                    <FoundEntity key={item.id} item={item} />
                  ))}
                </Stack>
              )}
              <Pager page={page} totalPages={totalPages} total={totalResult} of="found" />
            </Stack>
            <Facets facets={facets} text={text} onChange={change} />
          </Group>
        )}
      </Loaded>
    </Page>
  )
}
