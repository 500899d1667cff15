import { Title } from '@mantine/core'
import { NewConnection } from './new-connection.tsx'
import { useProjectPlace } from './use-project-place.ts'

export function NewConnectionPage() {
  return (
    <>
      <Title order={2}>New connection</Title>
      <NewConnection place={useProjectPlace()} />
    </>
  )
}
