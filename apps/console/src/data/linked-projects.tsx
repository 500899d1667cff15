import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api, apiQuery, invalidate, type Schema } from '../api/index.ts'
import { DataTable, Loaded, Moment, Panel, RemoveButton } from '../ui/index.ts'

interface LinkedProjectsProps {
  readonly connector: Schema<'DataConnector'>
  /** The one in which it is looked at. */
  readonly projectId: string
}

/** Projects whose sessions mount it, as far as the person sees them. */
export function LinkedProjects({ connector, projectId }: LinkedProjectsProps) {
  const params = { path: { data_connector_id: connector.id } }
  const links = useQuery(apiQuery('/api/data/data_connectors/{data_connector_id}/project_links', { params }))
  return (
    <Panel title="Projects that mount it">
      <Loaded query={links}>
        {(found) =>
          found.length === 0 ? (
            <Text size="sm" c="dimmed">
              No project that you see mounts it. Link it on the page Data of a project.
            </Text>
          ) : (
            <DataTable
              label="Projects that mount it"
              rows={found}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'Project',
                  cell: (link) => <ProjectName link={link} isHere={link.project_id === projectId} />,
                },
                { title: 'Linked', align: 'right', cell: ({ creation_date }) => <Moment at={creation_date} /> },
                { title: 'Actions', align: 'right', cell: (link) => <Unlink connector={connector} link={link} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  )
}

const projectQuery = (project_id: string) =>
  apiQuery('/api/data/projects/{project_id}', { params: { path: { project_id } } })

type ProjectLink = Schema<'DataConnectorLink'>

function ProjectName({ link: { project_id }, isHere }: { readonly link: ProjectLink; readonly isHere: boolean }) {
  const { data } = useQuery(projectQuery(project_id))
  if (data === undefined) return <Text size="sm">{project_id}</Text>
  const { namespace, slug, name } = data
  return (
    <>
      <Anchor
        component={Link}
        to="/projects/$namespace/$project"
        params={{ namespace, project: slug } as never}
        size="sm"
      >
        {name}
      </Anchor>
      <Text size="xs" c="dimmed">
        {namespace}/{slug}
        {isHere && ' · this project'}
      </Text>
    </>
  )
}

function Unlink({ connector, link }: { readonly connector: Schema<'DataConnector'>; readonly link: ProjectLink }) {
  const { id: link_id, project_id } = link
  const project = useQuery(projectQuery(project_id)).data
  const permissions = useQuery(
    apiQuery('/api/data/projects/{project_id}/permissions', { params: { path: { project_id } } }),
  )
  // What belongs to the project itself is always linked to it.
  const isOwn = project !== undefined && connector.namespace === `${project.namespace}/${project.slug}`
  if (permissions.data?.write !== true || project === undefined || isOwn) return null
  return (
    <RemoveButton
      title={`Unlink ${connector.name} from ${project.name}`}
      text="Sessions of the project mount it no longer. The data connector itself stays."
      action="Unlink"
      onRemove={async () => {
        await api.delete('/api/data/data_connectors/{data_connector_id}/project_links/{link_id}', {
          params: { path: { data_connector_id: connector.id, link_id } },
        })
        await invalidate(
          '/api/data/data_connectors/{data_connector_id}/project_links',
          '/api/data/projects/{project_id}/data_connector_links',
        )
      }}
    />
  )
}
