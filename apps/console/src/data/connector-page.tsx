import { Anchor, Badge, Code, Grid, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { api, apiQuery, invalidate, type Schema } from '../api/index.ts'
import { useProject } from '../projects/index.ts'
import { CopyText, Facts, Loaded, Moment, Panel, RemoveButton, UserName } from '../ui/index.ts'
import { ConnectorForm } from './connector-form.tsx'
import { ConnectorSecrets } from './connector-secrets.tsx'
import { LinkedProjects } from './linked-projects.tsx'

/** One data connector: where its data are, what the person keeps for it, and which projects mount it. */
export function ConnectorPage() {
  const { connector: data_connector_id } = useParams({ strict: false }) as { connector: string }
  const params = { path: { data_connector_id } }
  const connector = useQuery(apiQuery('/api/data/data_connectors/{data_connector_id}', { params }))
  return <Loaded query={connector}>{(found) => <ConnectorView key={found.id} connector={found} />}</Loaded>
}

function ConnectorView({ connector }: { readonly connector: Schema<'DataConnector'> }) {
  const { id, name, visibility, description, doi } = connector
  const { namespace, slug, id: projectId } = useProject()
  const params = { path: { data_connector_id: id } }
  const permissions = useQuery(apiQuery('/api/data/data_connectors/{data_connector_id}/permissions', { params }))
  const navigate = useNavigate()
  const mayWrite = permissions.data?.write === true
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <Stack gap={4}>
          <Anchor
            size="sm"
            component={Link}
            to="/projects/$namespace/$project/data"
            params={{ namespace, project: slug } as never}
          >
            All data of the project
          </Anchor>
          <Group gap="sm">
            <Title order={2} style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Title>
            <Badge variant="default">{visibility}</Badge>
          </Group>
          {description !== undefined && (
            <Text size="sm" c="dimmed">
              {description}
            </Text>
          )}
        </Stack>
        {permissions.data?.delete === true && (
          <RemoveButton
            title={`Remove ${name}`}
            text="It is removed from every project that links it, with the secrets that people keep for it. The data itself stays where it is."
            onRemove={async () => {
              await api.delete('/api/data/data_connectors/{data_connector_id}', { params })
              await navigate({
                to: '/projects/$namespace/$project/data',
                params: { namespace, project: slug } as never,
                ignoreBlocker: true,
              })
              await invalidate('/api/data/projects/{project_id}/data_connector_links', '/api/data/data_connectors')
            }}
          />
        )}
      </Group>
      <Grid>
        <Grid.Col span={{ base: 12, md: mayWrite ? 6 : 12 }}>
          <Stack>
            <About connector={connector} />
            {connector.storage.sensitive_fields.length > 0 && (
              <Panel title="Your secrets for it">
                <Text size="sm" c="dimmed">
                  The data connector holds no secrets: everybody who mounts it gives his own, which nobody else sees.
                </Text>
                <ConnectorSecrets connector={connector} />
              </Panel>
            )}
            <LinkedProjects connector={connector} projectId={projectId} />
          </Stack>
        </Grid.Col>
        {mayWrite && (
          <Grid.Col span={{ base: 12, md: 6 }}>
            <Panel title="Change it">
              <ConnectorForm
                connector={connector}
                maySetVisibility={permissions.data?.delete === true && doi === undefined}
              />
            </Panel>
          </Grid.Col>
        )}
      </Grid>
    </Stack>
  )
}

function About({ connector }: { readonly connector: Schema<'DataConnector'> }) {
  const { storage, namespace, slug, doi, publisher_name, publisher_url, keywords, created_by, creation_date } =
    connector
  const { storage_type, configuration, source_path, target_path, readonly, sensitive_fields } = storage
  const secret = sensitive_fields.map(({ name }) => name)
  const options = Object.entries(configuration).filter(([name]) => name !== 'type' && !secret.includes(name))
  const path = namespace === undefined ? slug : `${namespace}/${slug}`
  return (
    <Panel title="Where the data are">
      <Facts
        label={`Where the data of ${connector.name} are`}
        facts={[
          [
            'Storage',
            <Badge key="type" variant="default" tt="none">
              {storage_type}
            </Badge>,
          ],
          ...(doi === undefined
            ? []
            : [
                [
                  'DOI',
                  <Anchor
                    key="doi"
                    size="sm"
                    underline="always"
                    href={`https://doi.org/${doi}`}
                    target="_blank"
                    rel="noreferrer"
                  >
                    {doi}
                  </Anchor>,
                ] as const,
              ]),
          ...(publisher_name === undefined
            ? []
            : [
                [
                  'Published by',
                  publisher_url === undefined ? (
                    publisher_name
                  ) : (
                    <Anchor
                      key="publisher"
                      size="sm"
                      underline="always"
                      href={publisher_url}
                      target="_blank"
                      rel="noreferrer"
                    >
                      {publisher_name}
                    </Anchor>
                  ),
                ] as const,
              ]),
          ...options
            .filter(([name]) => name !== 'doi')
            .toSorted(([one], [other]) => Number(other === 'provider') - Number(one === 'provider'))
            .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : `${value}`] as const),
          ['Folder there', source_path === '' || source_path === '/' ? 'all of it' : source_path],
          [
            'Mounted at',
            <span key="target">
              <Code>{target_path}</Code> {readonly && 'to be read only'}
            </span>,
          ],
          ...(keywords.length === 0 ? [] : [['Keywords', keywords.join(', ')] as const]),
          [
            'Path',
            <Group key="path" gap={4} wrap="nowrap">
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {path}
              </Text>
              <CopyText value={path} label="Copy the path" />
            </Group>,
          ],
          [
            'Made',
            <span key="made">
              <Moment at={creation_date} /> by <UserName id={created_by} />
            </span>,
          ],
        ]}
      />
    </Panel>
  )
}
