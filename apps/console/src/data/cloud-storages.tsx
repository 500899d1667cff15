import { Badge, Code, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, apiQuery, invalidate } from '../api/index.ts'
import { DataTable, Panel, RemoveButton } from '../ui/index.ts'

interface CloudStoragesProps {
  readonly projectId: string
  readonly mayWrite: boolean
}

/** Storages of the former API, which belong to one project: shown where there are some, so that they are not forgotten. */
export function CloudStorages({ projectId, mayWrite }: CloudStoragesProps) {
  const storages = useQuery(apiQuery('/api/data/storage', { params: { query: { project_id: projectId } } }))
  if (storages.data === undefined || storages.data.length === 0) return null
  return (
    <Panel title="Cloud storage of this project only">
      <Text size="sm" c="dimmed">
        Made by the former interface for storage. New ones are data connectors, which several projects can mount.
      </Text>
      <DataTable
        label="Cloud storage of this project only"
        rows={storages.data}
        rowKey={({ storage }) => storage.storage_id}
        columns={[
          {
            title: 'Name',
            cell: ({ storage }) => (
              <Text size="sm" fw={600}>
                {storage.name}
              </Text>
            ),
          },
          {
            title: 'Storage',
            isSecondary: true,
            cell: ({ storage }) => (
              <Group gap={4}>
                <Badge variant="default" tt="none">
                  {storage.storage_type}
                </Badge>
                <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                  {storage.source_path}
                </Text>
              </Group>
            ),
          },
          {
            title: 'Mounted at',
            cell: ({ storage }) => (
              <Text size="sm" component="div">
                <Code>{storage.target_path}</Code> {storage.readonly && 'to be read only'}
              </Text>
            ),
          },
          {
            title: 'Actions',
            align: 'right',
            cell: ({ storage: { storage_id, name } }) =>
              mayWrite ? (
                <RemoveButton
                  title={`Remove ${name}`}
                  text="Sessions mount it no longer. The data itself stays where it is."
                  onRemove={async () => {
                    await api.delete('/api/data/storage/{storage_id}', { params: { path: { storage_id } } })
                    await invalidate('/api/data/storage')
                  }}
                />
              ) : null,
          },
        ]}
      />
    </Panel>
  )
}
