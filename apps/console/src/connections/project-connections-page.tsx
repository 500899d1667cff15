import { Group, Text } from '@mantine/core'
import { useProject } from '../projects/index.ts'
import { ConnectionList, NewConnectionButton } from './connection-list.tsx'
import { useProjectPlace } from './use-project-place.ts'
import { useWrite } from './use-write.ts'

export function ProjectConnectionsPage() {
  const place = useProjectPlace()
  const { namespace } = useProject()
  const mayWrite = useWrite(place) === true
  return (
    <>
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          Tasks of this project may name these, and those of {namespace} and of the platform as well.
        </Text>
        {mayWrite && <NewConnectionButton place={place} />}
      </Group>
      <ConnectionList place={place} />
    </>
  )
}
