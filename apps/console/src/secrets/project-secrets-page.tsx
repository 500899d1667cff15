import { Anchor, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { usePermissions, useProject } from '../projects/index.ts'
import { SessionSlots } from './session-slots.tsx'
import { TaskSecretList } from './task-secret-list.tsx'

export function ProjectSecretsPage() {
  const { id, namespace } = useProject()
  const { write: mayWrite } = usePermissions()
  return (
    <Stack gap="xl">
      <section aria-labelledby="task-secrets">
        <Title order={2} id="task-secrets" mb={4}>
          Of tasks
        </Title>
        {mayWrite ? (
          <TaskSecretList place={{ kind: 'project', id }} mayWrite />
        ) : (
          <Text size="sm">Names of secrets of tasks are shown to those who may change the project.</Text>
        )}
        <Text size="sm" mt="xs">
          <Anchor
            size="sm"
            renderRoot={(props) => <Link {...props} to="/secrets/of/$namespace" params={{ namespace }} />}
          >
            Secrets of {namespace}, for all of its projects
          </Anchor>
        </Text>
      </section>
      <SessionSlots projectId={id} mayWrite={mayWrite} />
    </Stack>
  )
}
