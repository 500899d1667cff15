import { Anchor, Badge, Stack, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { apiPage, apiQuery, useUser } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, Moment, Pager } from '../ui/index.ts'
import { placeLinks } from './place.ts'

/** Everything that has connections of its own. */
export function ConnectionPlaces() {
  const { page = 1 } = useSearch({ strict: false }) as { page?: number }
  const { is_admin } = useUser()
  const projects = useQuery(apiPage('/api/data/projects', { params: { query: { page, per_page: 20 } } }))
  const namespaces = useQuery(apiQuery('/api/data/namespaces', { params: { query: { per_page: 100 } } }))
  return (
    <Stack gap="lg">
      <section aria-label="Of namespaces and the platform">
        <Title order={2} mb="xs">
          Shared by projects
        </Title>
        <Loaded query={namespaces} lines={2}>
          {(found) => (
            <DataTable
              label="Namespaces"
              rows={[
                ...(is_admin ? [{ slug: '', name: 'The platform', kind: 'all projects' }] : []),
                ...found
                  .filter(({ namespace_kind }) => namespace_kind !== 'project')
                  .map(({ slug, name, namespace_kind }) => ({ slug, name: name || slug, kind: namespace_kind })),
              ]}
              rowKey={({ slug }) => slug}
              columns={[
                {
                  title: 'Of',
                  cell: ({ slug, name }) => (
                    <Anchor
                      size="sm"
                      component={Link}
                      {...(placeLinks(slug === '' ? { kind: 'platform' } : { kind: 'namespace', slug, isGroup: true })
                        .list as { to: '.' })}
                    >
                      {name}
                    </Anchor>
                  ),
                },
                {
                  title: 'For tasks of',
                  cell: ({ kind, slug }) => (
                    <Badge variant="default" tt="none">
                      {kind === 'group'
                        ? `projects of the group ${slug}`
                        : kind === 'user'
                          ? `your own projects`
                          : kind}
                    </Badge>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
      </section>
      <section aria-label="Of projects">
        <Title order={2} mb="xs">
          Of projects
        </Title>
        <Loaded query={projects}>
          {({ items, totalPages, total }) =>
            items.length === 0 ? (
              <EmptyState title="No projects yet">Make a project first; its tasks then have connections.</EmptyState>
            ) : (
              <>
                <DataTable
                  label="Projects"
                  rows={items}
                  rowKey={({ id }) => id}
                  columns={[
                    {
                      title: 'Project',
                      cell: ({ name, namespace, slug }) => (
                        <Anchor
                          size="sm"
                          component={Link}
                          to="/projects/$namespace/$project/connections"
                          params={{ namespace, project: slug } as never}
                        >
                          {name}
                        </Anchor>
                      ),
                    },
                    { title: 'Namespace', cell: ({ namespace }) => namespace },
                    {
                      title: 'Changed',
                      isSecondary: true,
                      align: 'right',
                      cell: ({ updated_at }) => <Moment at={updated_at} />,
                    },
                  ]}
                />
                <Pager page={page} totalPages={totalPages} total={total} of="projects" />
              </>
            )
          }
        </Loaded>
      </section>
    </Stack>
  )
}
