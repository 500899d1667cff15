import { Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, apiPage, invalidate, queryClient } from '../api/index.ts'
import { Panel, TypedRemoval } from '../ui/index.ts'
import { useGroup } from './use-group.ts'

export function RemoveGroup() {
  const { slug, name } = useGroup()
  const navigate = useNavigate()
  const projects = useQuery(apiPage('/api/data/projects', { params: { query: { namespace: slug, per_page: 1 } } }))
  const remove = useMutation({
    mutationFn: async () => await api.delete('/api/data/groups/{slug}', { params: { path: { slug } } }),
    meta: { showsFailure: true },
    onSuccess: async () => {
      await navigate({ to: '/groups', ignoreBlocker: true })
      notifications.show({ message: `${name} was removed.` })
      queryClient.removeQueries({ queryKey: ['/api/data/groups/{slug}'] })
      queryClient.removeQueries({ queryKey: ['/api/data/namespaces/{namespace}/projects/{slug}'] })
      await invalidate('/api/data/groups', '/api/data/projects', '/api/data/search/query', '/api/data/namespaces')
    },
  })
  return (
    <Panel title="Remove">
      <Text size="sm">
        {removedText(projects.data?.total)} Its connections, secrets and data connectors are lost. This cannot be taken
        back. To keep a project, move it to another namespace in its settings first.
      </Text>
      <TypedRemoval
        name={slug}
        action="Remove the group"
        onRemove={() => remove.mutate()}
        isRemoving={remove.isPending}
        error={remove.error}
      />
    </Panel>
  )
}

/** What goes with the group; undefined: not known yet. */
function removedText(count: number | undefined): string {
  if (count === 0) return 'It has no projects.'
  const which =
    count === undefined
      ? 'All of its projects are'
      : count === 1
        ? 'Its project is'
        : `All of its ${count} projects are`
  return `${which} removed with everything in ${count === 1 ? 'it' : 'them'}.`
}
