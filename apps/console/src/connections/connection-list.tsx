import { Anchor, Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps, useSearch } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, Moment, Pager } from '../ui/index.ts'
import { ConnectorBadge } from './connector-catalogue.tsx'
import { type Connection, connectionsQuery, type Place, placeLinks, placeText } from './place.ts'
import { useWrite } from './use-write.ts'

/** Connections of one place. */
export function ConnectionList({ place }: { readonly place: Place }) {
  const { page = 1 } = useSearch({ strict: false }) as { page?: number }
  const connections = useQuery(connectionsQuery(place, page))
  const connectors = useQuery({ ...apiQuery('/api/connectors'), staleTime: Number.POSITIVE_INFINITY })
  const mayWrite = useWrite(place) === true
  const links = placeLinks(place)
  return (
    <Loaded query={connections}>
      {({ items, totalPages, total }) =>
        items.length === 0 ? (
          <EmptyState title="No connections yet" action={mayWrite ? <NewConnectionButton place={place} /> : null}>
            A connection says how to reach a database, a store of files, a stream or an API, and tasks of{' '}
            {placeText(place)} name it. {mayWrite ? '' : 'Who may change things here can make one.'}
          </EmptyState>
        ) : (
          <>
            <DataTable
              label="Connections"
              rows={items}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'Name',
                  cell: ({ id, name, description }) => (
                    <>
                      <Anchor component={Link} {...(links.one(id) as { to: '.' })} fw={600} size="sm">
                        {name}
                      </Anchor>
                      {description !== undefined && (
                        <Text size="xs" c="dimmed" lineClamp={1}>
                          {description}
                        </Text>
                      )}
                    </>
                  ),
                },
                {
                  title: 'Connector',
                  cell: ({ connector }) => (
                    <ConnectorBadge name={connector} {...(connectors.data ? { connectors: connectors.data } : {})} />
                  ),
                },
                { title: 'Leads to', isSecondary: true, cell: (one) => <Text size="sm">{leadsTo(one)}</Text> },
                {
                  title: 'Last used',
                  isSecondary: true,
                  align: 'right',
                  cell: ({ last_used_at }) => (last_used_at === undefined ? 'never' : <Moment at={last_used_at} />),
                },
                { title: 'Changed', isSecondary: true, align: 'right', cell: (one) => <Moment at={one.updated_at} /> },
              ]}
            />
            <Pager page={page} totalPages={totalPages} total={total} of="connections" />
          </>
        )
      }
    </Loaded>
  )
}

export function NewConnectionButton({ place }: { readonly place: Place }) {
  return (
    <Button renderRoot={(props) => <Link {...props} {...(placeLinks(place).create as LinkProps & { to: '.' })} />}>
      New connection
    </Button>
  )
}

/** What tells connections of one kind apart. */
export function leadsTo({ config }: Pick<Connection, 'config'>): string {
  const { host, port, database, bucket, container, account, path, base_url, endpoint, project, topic } = config
  const server = host === undefined ? undefined : `${host}${port === undefined ? '' : `:${port}`}`
  const parts = [server ?? account ?? project ?? base_url ?? endpoint, database ?? bucket ?? container ?? topic, path]
  return parts.filter((part) => part !== undefined && part !== '').join(' / ')
}
