import { Badge, Group, Text } from '@mantine/core'
import type { Schema } from '../api/index.ts'

export function LauncherName({ launcher }: { readonly launcher: Schema<'SessionLauncher'> }) {
  const { name, description, launcher_type } = launcher
  return (
    <>
      <Group gap="xs">
        <Text size="sm">{name}</Text>
        {launcher_type === 'non-interactive' && <Badge variant="default">job</Badge>}
      </Group>
      {description !== undefined && (
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      )}
    </>
  )
}
