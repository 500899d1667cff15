import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import { apiQuery, type Schema } from '../../api/index.ts'

interface TaskConnectionsProps {
  readonly run: Schema<'Run'>
  readonly node: string
}

/** The connections of a task, each a link to where its settings are. */
export function TaskConnections({ run, node }: TaskConnectionsProps) {
  const { workflow, version } = run
  const manifest = useQuery({
    ...apiQuery('/api/workflows/{workflow}/versions/{version}', { params: { path: { workflow, version } } }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const names = manifest.data?.nodes.find(({ id }) => id === node)?.connections ?? []
  const { data: owner } = useQuery(apiQuery('/api/workflows/{workflow}', { params: { path: { workflow } } }))
  const project_id = owner?.project_id ?? ''
  const hasProject = project_id !== '' && names.length > 0
  const project = useQuery({
    ...apiQuery('/api/data/projects/{project_id}', { params: { path: { project_id } } }),
    enabled: hasProject,
  })
  const connections = useQuery({
    ...apiQuery('/api/projects/{id}/connections', {
      params: { path: { id: project_id }, query: { per_page: 100 } },
    }),
    enabled: hasProject,
  })
  if (names.length === 0) return null
  const linkOf = (name: string): LinkProps => {
    if (project.data === undefined) return { to: '/connections' }
    const params = { namespace: project.data.namespace, project: project.data.slug }
    const own = connections.data?.find((one) => one.name === name)?.id
    if (own === undefined) return { to: '/projects/$namespace/$project/connections', params }
    return {
      to: '/projects/$namespace/$project/connections/$connection',
      params: { ...params, connection: `${own}` },
      search: { tab: 'settings' },
    }
  }
  return (
    <Text size="sm" component="div">
      Connections that it uses:{' '}
      {names.map((name, at) => (
        <span key={name}>
          {at > 0 && ', '}
          <Anchor component={Link} size="sm" underline="always" c="inherit" {...(linkOf(name) as object)}>
            {name}
          </Anchor>
        </span>
      ))}
    </Text>
  )
}
