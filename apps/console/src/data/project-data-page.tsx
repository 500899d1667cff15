import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'
import { usePermissions, useProject } from '../projects/index.ts'
import { EmptyState, Loaded } from '../ui/index.ts'
import { CloudStorages } from './cloud-storages.tsx'
import { ConnectorTable } from './connector-table.tsx'
import { LinkExisting } from './link-existing.tsx'
import { LinkPublished } from './link-published.tsx'

/** Data of a project: folders of storage elsewhere, that sessions mount. */
export function ProjectDataPage() {
  const { id: projectId, namespace, slug } = useProject()
  const { write: mayWrite } = usePermissions()
  const params = { path: { project_id: projectId } }
  const links = useQuery(apiQuery('/api/data/projects/{project_id}/data_connector_links', { params }))
  const hidden = useQuery(apiQuery('/api/data/projects/{project_id}/inaccessible_data_connector_links', { params }))
  const hiddenCount = hidden.data?.count ?? 0
  const newConnector = mayWrite && (
    <Button
      renderRoot={(props) => (
        <Link {...props} to="/projects/$namespace/$project/data/new" params={{ namespace, project: slug }} />
      )}
    >
      New data connector
    </Button>
  )
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <Text size="sm" c="dimmed" maw={540}>
          Data connectors lead to folders of storage elsewhere, which sessions of the project mount. Tables and streams
          of workflows stand with the connections.
        </Text>
        {mayWrite && (
          <Group gap="xs">
            <LinkPublished projectId={projectId} />
            <LinkExisting projectId={projectId} linked={links.data?.map((link) => link.data_connector_id) ?? []} />
            {newConnector}
          </Group>
        )}
      </Group>
      <Loaded query={links}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState title="No data yet">
              {mayWrite ? 'Set up a storage, or link one that is there.' : 'Who may change the project can link some.'}
            </EmptyState>
          ) : (
            <ConnectorTable links={found} mayUnlink={mayWrite} />
          )
        }
      </Loaded>
      {hiddenCount > 0 && (
        <Alert
          color="yellow"
          title={
            hiddenCount === 1
              ? 'One more is linked that you may not see'
              : `${hiddenCount} more are linked that you may not see`
          }
        >
          <Text size="sm">
            Linking shows nobody more than before: your sessions of this project start without this data. Ask whoever
            linked it to make you a member where the data belongs, or to make it public.
          </Text>
        </Alert>
      )}
      <CloudStorages projectId={projectId} mayWrite={mayWrite} />
    </Stack>
  )
}
