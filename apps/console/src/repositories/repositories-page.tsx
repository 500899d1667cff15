import { Anchor, Button, Group, Stack, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { apiPage } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, Page, Pager } from '../ui/index.ts'
import { RepositoryStatus } from './repository-status.tsx'

/** Whether git repositories can be reached, and those of the projects that the person sees. */
export function RepositoriesPage() {
  const { page = 1, url } = useSearch({ from: '/shell/repositories' })
  const projects = useQuery(apiPage('/api/data/projects', { params: { query: { page, per_page: 50 } } }))
  return (
    <Page title="Repositories" about="Where the code of projects is, and whether you may read and write it.">
      <Stack gap="xl">
        <section aria-labelledby="look">
          <Title order={2} id="look" mb="xs">
            Look at an address
          </Title>
          <UrlForm key={url ?? ''} url={url} />
          {url !== undefined && <RepositoryStatus url={url} isFull />}
        </section>
        <section aria-labelledby="of-projects">
          <Title order={2} id="of-projects" mb="xs">
            Of projects
          </Title>
          <Loaded query={projects}>
            {({ items, totalPages, total }) => {
              const rows = items.flatMap(({ id, name, namespace, slug, repositories = [] }) =>
                repositories.map((repository) => ({ id, name, namespace, slug, repository })),
              )
              return rows.length === 0 ? (
                <EmptyState title="No repositories">
                  A project names its repositories in its settings.
                  {totalPages > 1 && ' Other pages of projects may have some.'}
                  <Pager page={page} totalPages={totalPages} total={total} of="projects" />
                </EmptyState>
              ) : (
                <>
                  <DataTable
                    label="Repositories of projects"
                    rows={rows}
                    rowKey={({ id, repository }) => `${id} ${repository}`}
                    columns={[
                      {
                        title: 'Repository',
                        cell: ({ repository }) => (
                          <Anchor
                            size="sm"
                            style={{ overflowWrap: 'anywhere' }}
                            renderRoot={(props) => <Link {...props} to="/repositories" search={{ url: repository }} />}
                          >
                            {repository}
                          </Anchor>
                        ),
                      },
                      {
                        title: 'Project',
                        cell: ({ namespace, slug, name }) => (
                          <Anchor
                            size="sm"
                            renderRoot={(props) => (
                              <Link
                                {...props}
                                to="/projects/$namespace/$project"
                                params={{ namespace, project: slug }}
                              />
                            )}
                          >
                            {name}
                          </Anchor>
                        ),
                      },
                      { title: 'State', cell: ({ repository }) => <RepositoryStatus url={repository} /> },
                    ]}
                  />
                  <Pager page={page} totalPages={totalPages} total={total} of="projects" />
                </>
              )
            }}
          </Loaded>
        </section>
      </Stack>
    </Page>
  )
}

function UrlForm({ url }: { readonly url: string | undefined }) {
  const [typed, setTyped] = useState(url ?? '')
  const navigate = useNavigate()
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void navigate({ to: '/repositories', search: typed.trim() === '' ? {} : { url: typed.trim() } })
      }}
    >
      <Group align="flex-end" gap="xs" mb="sm">
        <TextInput
          label="Address of a git repository"
          placeholder="https://gitlab.com/group/project"
          w={{ base: '100%', xs: 420 }}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit" variant="default">
          Look
        </Button>
      </Group>
    </form>
  )
}
