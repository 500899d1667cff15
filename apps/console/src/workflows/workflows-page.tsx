import { Button, Stack } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { apiPage } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { EmptyState, Loaded, Page, Pager } from '../ui/index.ts'
import { DeployHelp } from './deploy-help.tsx'
import type { WorkflowsSearch } from './search.ts'
import { shownTags } from './shown-tags.ts'
import { WorkflowFilters } from './workflow-filters.tsx'
import { WorkflowTable } from './workflow-table.tsx'

const perPage = 50

export function WorkflowsPage() {
  const search = useSearch({ from: '/shell/workflows' })
  const navigate = useNavigate({ from: '/workflows' })
  const { page = 1, failing, ...filter } = search
  useLive({ runs: true })
  const list = useQuery({
    ...apiPage('/api/workflows', {
      params: { query: { ...filter, ...(failing ? { last_state: 'failed' as const } : {}), page, per_page: perPage } },
    }),
    placeholderData: keepPreviousData,
  })
  const rows = list.data?.items ?? []
  const change = (next: WorkflowsSearch) =>
    void navigate({ search: withoutEmpty({ ...search, page: undefined, ...next }), replace: true })
  const tags = new Set([...rows.flatMap(shownTags), ...(search.tag === undefined ? [] : [search.tag])])
  const isFiltered = Object.keys(search).some((name) => name !== 'page')
  return (
    <Page title="Workflows">
      <Loaded query={list}>
        {({ items, total, totalPages }) =>
          total === 0 && !isFiltered ? (
            <DeployHelp />
          ) : (
            <Stack gap="sm">
              <WorkflowFilters search={search} onChange={change} tags={[...tags]} />
              {items.length === 0 ? (
                <EmptyState
                  title="No workflow is like this"
                  action={
                    <Button variant="default" component={Link} to="/workflows">
                      Show all
                    </Button>
                  }
                >
                  Nothing of what you may see fits the filters above.
                </EmptyState>
              ) : (
                <WorkflowTable workflows={items} onTag={(tag) => change({ tag })} />
              )}
              <Pager page={page} total={total} totalPages={totalPages} of="workflows" />
            </Stack>
          )
        }
      </Loaded>
    </Page>
  )
}

function withoutEmpty(search: WorkflowsSearch): WorkflowsSearch {
  return Object.fromEntries(
    Object.entries(search).filter(
      ([name, value]) => value !== undefined && value !== '' && (value || name === 'paused'),
    ),
  )
}
