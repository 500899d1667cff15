import { Button, Group, Stack } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { apiPage } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { EmptyState, Loaded, Pager, SearchField } from '../ui/index.ts'
import { DeployHelp, WorkflowTable } from '../workflows/index.ts'
import { workflowsSearch } from './search.ts'
import { useProject } from './use-project.ts'

const perPage = 50

export function ProjectWorkflowsPage() {
  const { id, namespace, slug } = useProject()
  const { page = 1, q, tag } = useSearch({ from: '/shell/projects/$namespace/$project/workflows' })
  const navigate = useNavigate({ from: '/projects/$namespace/$project/workflows' })
  useLive({ runs: true })
  const query = { project: id, page, per_page: perPage, ...(q ? { search: q } : {}), ...(tag ? { tag } : {}) }
  const workflows = useQuery({
    ...apiPage('/api/workflows', { params: { query } }),
    placeholderData: keepPreviousData,
  })
  const change = (next: { readonly q?: string; readonly tag?: string }) =>
    void navigate({ search: workflowsSearch({ q, tag, ...next }), replace: true })
  return (
    <Loaded query={workflows}>
      {({ items, totalPages, total }) =>
        total === 0 && q === undefined && tag === undefined ? (
          <DeployHelp project={`${namespace}/${slug}`} />
        ) : (
          <Stack gap="sm">
            <Group gap="sm">
              <SearchField label="Search by name" value={q ?? ''} onSearch={(text) => change({ q: text })} />
              {tag !== undefined && (
                <Button size="xs" variant="default" onClick={() => change({ tag: '' })}>
                  Also without the tag {tag}
                </Button>
              )}
            </Group>
            {items.length === 0 ? (
              <EmptyState title="No workflow of this project is like this">Try a part of its name.</EmptyState>
            ) : (
              <WorkflowTable workflows={items} onTag={(next) => change({ tag: next })} />
            )}
            <Pager page={page} totalPages={totalPages} total={total} of="workflows" />
          </Stack>
        )
      }
    </Loaded>
  )
}
