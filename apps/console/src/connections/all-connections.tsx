import { Anchor, Button, Group, Select, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, type LinkProps, useNavigate, useSearch } from '@tanstack/react-router'
import { apiPage, apiQuery, type Schema } from '../api/index.ts'
import { DataTable, EmptyState, Failure, Loaded, Moment, Pager, SearchField } from '../ui/index.ts'
import { ConnectorBadge } from './connector-catalogue.tsx'
import { placeLinks } from './place.ts'
import { placeOf } from './place-of.ts'
import type { ConnectionsSearch } from './search.ts'

type Readable = Schema<'ReadableConnection'>

/** Every connection that the person sees, with where it is. */
export function AllConnections() {
  const { page = 1, q, connector } = useSearch({ strict: false }) as ConnectionsSearch
  const navigate = useNavigate()
  const found = useQuery({
    ...apiPage('/api/readable-connections', {
      params: {
        query: {
          ...{ page, per_page: 50 },
          ...(q === undefined ? {} : { search: q }),
          ...(connector === undefined ? {} : { connector }),
        },
      },
    }),
    placeholderData: keepPreviousData,
  })
  const connectors = useQuery({ ...apiQuery('/api/connectors'), staleTime: Number.POSITIVE_INFINITY })
  const change = (next: ConnectionsSearch) =>
    void navigate({ to: '.', replace: true, search: { q, connector, ...next } } as never)
  const isFiltered = q !== undefined || connector !== undefined
  return (
    <Loaded query={found} lines={6}>
      {({ items, totalPages, total }) =>
        total === 0 && !isFiltered ? (
          <EmptyState
            title="No connections yet"
            action={
              <Button variant="default" renderRoot={(props) => <Link {...props} to="/projects" />}>
                Projects
              </Button>
            }
          >
            Make one in a project, for its tasks, or below for all projects of a namespace.
          </EmptyState>
        ) : (
          <Stack gap="sm">
            <Group gap="sm">
              <SearchField
                label="Search names and descriptions"
                value={q ?? ''}
                onSearch={(text) => change({ q: text === '' ? undefined : text } as ConnectionsSearch)}
              />
              <Select
                aria-label="Connector"
                placeholder="Any connector"
                w={220}
                searchable
                clearable
                data={(connectors.data ?? []).map(({ name, title }) => ({ value: name, label: title }))}
                value={connector ?? null}
                onChange={(next) => change({ connector: next ?? undefined } as ConnectionsSearch)}
              />
            </Group>
            {found.error !== null && <Failure error={found.error} />}
            {items.length === 0 ? (
              <EmptyState
                title="No connection is like this"
                action={
                  <Button variant="default" renderRoot={(props) => <Link {...props} to="/connections" />}>
                    Show all
                  </Button>
                }
              >
                Try fewer letters, or any connector.
              </EmptyState>
            ) : (
              <DataTable
                label="Connections"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  {
                    title: 'Name',
                    cell: (one) => (
                      <>
                        <Anchor
                          component={Link}
                          {...(placeLinks(placeOf(one)).one(one.id) as { to: '.' })}
                          fw={600}
                          size="sm"
                          style={{ overflowWrap: 'anywhere' }}
                        >
                          {one.name}
                        </Anchor>
                        {one.description !== undefined && (
                          <Text size="xs" c="dimmed" lineClamp={1}>
                            {one.description}
                          </Text>
                        )}
                      </>
                    ),
                  },
                  { title: 'Of', cell: (one) => <Whose connection={one} /> },
                  {
                    title: 'Connector',
                    isSecondary: true,
                    cell: ({ connector: name }) => (
                      <ConnectorBadge name={name} {...(connectors.data ? { connectors: connectors.data } : {})} />
                    ),
                  },
                  {
                    title: 'Last used',
                    isSecondary: true,
                    align: 'right',
                    cell: ({ last_used_at }) => (last_used_at === undefined ? 'never' : <Moment at={last_used_at} />),
                  },
                ]}
              />
            )}
            <Pager page={page} totalPages={totalPages} total={total} of="connections" />
          </Stack>
        )
      }
    </Loaded>
  )
}

/** Leads to the connections beside it. */
function Whose({ connection }: { readonly connection: Readable }) {
  const { project, namespace } = connection
  return (
    <>
      <Anchor
        component={Link}
        {...(placeLinks(placeOf(connection)).list as LinkProps & { to: '.' })}
        size="sm"
        style={{ overflowWrap: 'anywhere' }}
      >
        {project?.name ?? namespace?.slug ?? 'the platform'}
      </Anchor>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {project !== undefined ? namespace?.slug : namespace === undefined ? 'for all projects' : 'for its projects'}
      </Text>
    </>
  )
}
