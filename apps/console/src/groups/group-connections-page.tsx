import { Group, Text } from '@mantine/core'
import { ConnectionList, NewConnectionButton } from '../connections/index.ts'
import { useGroup, useGroupPermissions } from './use-group.ts'

/** Connections that tasks of all projects of the group may use. */
export function GroupConnectionsPage() {
  const { slug } = useGroup()
  const may = useGroupPermissions()
  const place = { kind: 'namespace', slug, isGroup: true } as const
  return (
    <>
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          Tasks of every project of the group may name these.
        </Text>
        {may.write && <NewConnectionButton place={place} />}
      </Group>
      <ConnectionList place={place} />
    </>
  )
}
