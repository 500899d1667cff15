import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import { apiAll, apiQuery, type Schema, useUser } from '../../api/index.ts'
import { type Place, placeLinks } from '../../connections/index.ts'

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
  const { is_admin } = useUser()
  const names = manifest.data?.nodes.find(({ id }) => id === node)?.connections ?? []
  const { data: owner } = useQuery(apiQuery('/api/workflows/{workflow}', { params: { path: { workflow } } }))
  const project_id = owner?.project_id ?? ''
  const hasProject = project_id !== '' && names.length > 0
  const project = useQuery({
    ...apiQuery('/api/data/projects/{project_id}', { params: { path: { project_id } } }),
    enabled: hasProject,
  })
  const usable = useQuery({
    ...apiAll('/api/projects/{id}/usable-connections', { params: { path: { id: project_id } } }),
    enabled: hasProject,
  })
  if (names.length === 0) return null
  const linkOf = (name: string): LinkProps => {
    if (project.data === undefined) return { to: '/connections' }
    const { namespace, slug } = project.data
    const ofProject = { kind: 'project', id: project_id, namespace, slug } as const
    const of = usable.data?.find((one) => one.name === name)?.of
    // One that is missing is made in the project; those of the platform are shown to administrators only.
    if (of === undefined || (of === 'platform' && !is_admin)) return placeLinks(ofProject).list
    const place: Place =
      of === 'project' ? ofProject : of === 'namespace' ? { kind: of, slug: namespace, isGroup: true } : { kind: of }
    return { ...placeLinks(place).one(name), search: { tab: 'settings' } } as LinkProps
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
