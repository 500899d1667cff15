import { Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, invalidate, queryClient } from '../../api/index.ts'
import { Panel, TypedRemoval } from '../../ui/index.ts'
import { useProject } from '../use-project.ts'

export function RemoveProject() {
  const { id, name, namespace, slug } = useProject()
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: async () =>
      await api.delete('/api/data/projects/{project_id}', { params: { path: { project_id: id } } }),
    meta: { showsFailure: true },
    onSuccess: async () => {
      await navigate({ to: '/projects', ignoreBlocker: true })
      notifications.show({ message: `${name} was removed.` })
      queryClient.removeQueries({ queryKey: ['/api/data/namespaces/{namespace}/projects/{slug}'] })
      await invalidate('/api/data/projects', '/api/data/search/query', '/api/data/user/preferences', '/api/workflows')
    },
  })
  return (
    <Panel title="Remove">
      <Text size="sm">
        Its active runs are cancelled, and its workflows, pipelines, copies, connections, secrets, variables, session
        launchers and data connectors are lost with it. Projects that were copied from it stay, and so do data at the
        other ends of its connections. This cannot be taken back.
      </Text>
      <TypedRemoval
        name={`${namespace}/${slug}`}
        action="Remove the project"
        onRemove={() => remove.mutate()}
        isRemoving={remove.isPending}
        error={remove.error}
      />
    </Panel>
  )
}
