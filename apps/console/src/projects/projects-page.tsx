import { Button, Group, Stack } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { apiQuery, entityQuery } from '../api/index.ts'
import { EmptyState, Failure, Loaded, Page, Pager } from '../ui/index.ts'
import { NewProjectButton } from './new-project-button.tsx'
import { ProjectFilters } from './project-filters.tsx'
import { type FoundProject, ProjectTable } from './project-table.tsx'
import { type ProjectsSearch, projectsSearch } from './search.ts'

const perPage = 25

export function ProjectsPage() {
  const search = useSearch({ from: '/shell/projects' })
  const navigate = useNavigate({ from: '/projects' })
  const { page = 1, ...filter } = search
  const found = useQuery({
    ...apiQuery('/api/data/search/query', { params: { query: { q: queryOf(filter), page, per_page: perPage } } }),
    placeholderData: keepPreviousData,
  })
  const change = (next: { readonly [Name in keyof ProjectsSearch]: string | null }) =>
    void navigate({ search: projectsSearch({ ...filter, ...next }), replace: true })
  const isFiltered = Object.keys(filter).some((name) => name !== 'sort')
  return (
    <Page
      title="Projects"
      actions={<NewProjectButton {...(filter.namespace ? { namespace: filter.namespace } : {})} />}
    >
      <Loaded query={found} lines={8}>
        {({ items, pagingInfo: { totalPages, totalResult } }) =>
          totalResult === 0 && !isFiltered ? (
            <EmptyState title="No projects yet" action={<NewProjectButton />}>
              A project keeps workflows, pipelines, connections and secrets together, with the people who may see and
              change them.
            </EmptyState>
          ) : (
            <Stack gap="sm">
              <ProjectFilters search={search} onChange={change} />
              {found.error !== null && <Failure error={found.error} />}
              {items.length === 0 ? (
                <EmptyState
                  title="No project is like this"
                  action={
                    <Button variant="default" renderRoot={(props) => <Link {...props} to="/projects" />}>
                      Show all
                    </Button>
                  }
                >
                  Nothing of what you may see fits the filters above.
                </EmptyState>
              ) : (
                <ProjectTable
                  projects={items.filter((item): item is FoundProject => item.type === 'Project')}
                  onKeyword={(q) => change({ q })}
                />
              )}
              <Group justify="flex-end">
                <Pager page={page} totalPages={totalPages} total={totalResult} of="projects" />
              </Group>
            </Stack>
          )
        }
      </Loaded>
    </Page>
  )
}

function queryOf({ q, namespace, visibility, role, sort }: ProjectsSearch): string {
  const order = sort === 'created' ? 'created-desc' : q === undefined ? 'name' : undefined
  return entityQuery({
    ...{ type: 'Project', words: q, namespace, visibility, sort: order },
    roles: role === 'member' ? ['owner', 'editor', 'viewer'] : role === undefined ? [] : [role],
  })
}
