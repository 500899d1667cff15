import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'

/** Where a workflow belongs. */
export function ProjectLink({ id }: { readonly id: string | undefined }) {
  const project = useQuery({
    ...apiQuery('/api/data/projects/{project_id}', { params: { path: { project_id: id ?? '' } } }),
    enabled: id !== undefined,
  })
  if (id === undefined || project.data === undefined) {
    return (
      <Text span size="sm">
        {id === undefined ? 'the platform' : project.isPending ? '…' : id}
      </Text>
    )
  }
  const { name, namespace, slug } = project.data
  return (
    <Anchor
      size="sm"
      underline="always"
      renderRoot={(props) => (
        <Link {...props} to="/projects/$namespace/$project" params={{ namespace, project: slug }} />
      )}
    >
      {name}
    </Anchor>
  )
}
