import { Badge, Group, Stack, Text } from '@mantine/core'
import { useQueries, useQuery } from '@tanstack/react-query'
import { apiQuery } from '../../api/index.ts'
import { Panel } from '../../ui/index.ts'
import { useProject } from '../use-project.ts'

/** Data that sessions of the project mount. */
export function DataConnectors() {
  const { id } = useProject()
  const params = { params: { path: { project_id: id } } }
  const links = useQuery(apiQuery('/api/data/projects/{project_id}/data_connector_links', params))
  const hidden = useQuery(apiQuery('/api/data/projects/{project_id}/inaccessible_data_connector_links', params))
  const found = useQueries({
    queries: (links.data ?? []).map(({ data_connector_id }) =>
      apiQuery('/api/data/data_connectors/{data_connector_id}', { params: { path: { data_connector_id } } }),
    ),
  })
  const hiddenCount = hidden.data?.count ?? 0
  if ((links.data ?? []).length === 0 && hiddenCount === 0) return null
  return (
    <Panel title="Data connectors">
      <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
        {found.map(({ data }) =>
          data === undefined ? null : (
            <li key={data.id}>
              <Group gap={6}>
                <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                  {data.name}
                </Text>
                <Badge variant="default">{data.storage.storage_type}</Badge>
                {data.storage.readonly && <Badge variant="default">read only</Badge>}
              </Group>
              <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {data.namespace === undefined ? data.slug : `${data.namespace}/${data.slug}`}, mounted at{' '}
                {data.storage.target_path}
              </Text>
            </li>
          ),
        )}
      </Stack>
      {hiddenCount > 0 && (
        <Text size="sm" c="dimmed">
          {hiddenCount === 1 ? 'One more that you may not see.' : `${hiddenCount} more that you may not see.`}
        </Text>
      )}
    </Panel>
  )
}
