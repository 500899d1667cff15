import { Anchor, Badge, Code, Group, Skeleton, Text } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api, apiQuery, invalidate, type Schema } from '../api/index.ts'
import { useProject } from '../projects/index.ts'
import { DataTable, RemoveButton } from '../ui/index.ts'
import { ConnectorSecrets } from './connector-secrets.tsx'

type Connector = Schema<'DataConnector'>
type Row = { readonly link: Schema<'DataConnectorLink'>; readonly connector: Connector }

interface ConnectorTableProps {
  readonly links: readonly Schema<'DataConnectorLink'>[]
  readonly mayUnlink: boolean
}

export function ConnectorTable({ links, mayUnlink }: ConnectorTableProps) {
  const connectors = useQueries({
    queries: links.map(({ data_connector_id }) =>
      apiQuery('/api/data/data_connectors/{data_connector_id}', { params: { path: { data_connector_id } } }),
    ),
  })
  const { namespace, slug } = useProject()
  if (connectors.some(({ isPending }) => isPending))
    return <Skeleton height={80} aria-label="Reading" aria-busy="true" />
  const rows = links.flatMap((link, place): Row[] => {
    const connector = connectors[place]?.data
    return connector === undefined ? [] : [{ link, connector }]
  })
  return (
    <DataTable
      label="Data connectors"
      rows={rows}
      rowKey={({ link }) => link.id}
      columns={[
        {
          title: 'Data',
          cell: ({ connector: { id, name, description } }) => (
            <>
              <Anchor
                component={Link}
                to="/projects/$namespace/$project/data/$connector"
                params={{ namespace, project: slug, connector: id } as never}
                size="sm"
                fw={600}
              >
                {name}
              </Anchor>
              {description !== undefined && (
                <Text size="xs" c="dimmed">
                  {description}
                </Text>
              )}
            </>
          ),
        },
        {
          title: 'Storage',
          isSecondary: true,
          cell: ({ connector: { storage } }) => (
            <Group gap={4}>
              <Badge variant="default">{storage.storage_type}</Badge>
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {storage.source_path}
              </Text>
            </Group>
          ),
        },
        {
          title: 'Mounted at',
          isSecondary: true,
          cell: ({ connector: { storage } }) => (
            <>
              <Code>{storage.target_path}</Code> {storage.readonly && 'to be read only'}
            </>
          ),
        },
        { title: 'Your secrets', cell: ({ connector }) => <ConnectorSecrets connector={connector} /> },
        ...(mayUnlink ? [{ title: 'Actions', align: 'right' as const, cell: (row: Row) => <Unlink row={row} /> }] : []),
      ]}
    />
  )
}

/** What belongs to the project itself is always linked to it, and removed on its own page. */
function Unlink({ row: { link, connector } }: { readonly row: Row }) {
  const { namespace, slug } = useProject()
  if (connector.namespace === `${namespace}/${slug}`) return null
  return (
    <RemoveButton
      title={`Unlink ${connector.name}`}
      text="Sessions of the project mount it no longer. The data connector itself stays."
      action="Unlink"
      onRemove={async () => {
        await api.delete('/api/data/data_connectors/{data_connector_id}/project_links/{link_id}', {
          params: { path: { data_connector_id: connector.id, link_id: link.id } },
        })
        await invalidate('/api/data/projects/{project_id}/data_connector_links', '/api/data/data_connectors')
      }}
    />
  )
}
