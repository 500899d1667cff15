import { Stack } from '@mantine/core'
import { Page } from '../ui/index.ts'
import { Environments } from './environments.tsx'
import { Launchers } from './launchers.tsx'

export function SessionsPage() {
  return (
    <Page
      title="Sessions"
      about="A launcher says how an interactive session of a project begins: in which environment and how large. Sessions themselves are started and run outside of this console, by the session service that reads these launchers."
    >
      <Stack gap="xl">
        <Launchers />
        <Environments />
      </Stack>
    </Page>
  )
}
