import { Group, Stack } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { apiQuery, entityQuery } from '../api/index.ts'
import { EmptyState, Loaded, Pager, SearchField } from '../ui/index.ts'
import { type FoundProject, ProjectTable } from './project-table.tsx'

interface NamespaceProjectsProps {
  readonly namespace: string
  /** What to do while there are none. */
  readonly empty: string
  readonly action?: ReactNode
}

const perPage = 25

/** Projects of a group or person; words and page stand in the address. */
export function NamespaceProjects({ namespace, empty, action }: NamespaceProjectsProps) {
  const { q, page = 1 } = useSearch({ strict: false }) as { readonly q?: string; readonly page?: number }
  const navigate = useNavigate()
  const query = entityQuery({ type: 'Project', words: q, namespace, sort: q === undefined ? 'name' : undefined })
  const found = useQuery({
    ...apiQuery('/api/data/search/query', { params: { query: { q: query, page, per_page: perPage } } }),
    placeholderData: keepPreviousData,
  })
  const search = (text: string) =>
    void navigate({ to: '.', search: text === '' ? {} : { q: text }, replace: true } as never)
  return (
    <Loaded query={found}>
      {({ items, pagingInfo: { totalPages, totalResult } }) =>
        totalResult === 0 && q === undefined ? (
          <EmptyState title="No projects here" action={action}>
            {empty}
          </EmptyState>
        ) : (
          <Stack gap="sm">
            <Group>
              <SearchField label="Search these projects" value={q ?? ''} onSearch={search} />
            </Group>
            {items.length === 0 ? (
              <EmptyState title="No project is like this">Try fewer words, or the beginning of a word.</EmptyState>
            ) : (
              <ProjectTable
                projects={items.filter((item): item is FoundProject => item.type === 'Project')}
                onKeyword={search}
              />
            )}
            <Pager page={page} totalPages={totalPages} total={totalResult} of="projects" />
          </Stack>
        )
      }
    </Loaded>
  )
}
