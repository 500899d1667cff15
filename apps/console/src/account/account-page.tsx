import { Stack } from '@mantine/core'
import { Page } from '../ui/index.ts'
import { PersonalTokens } from './personal-tokens.tsx'
import { PinnedProjects } from './pinned-projects.tsx'
import { Profile } from './profile.tsx'
import { View } from './view.tsx'

export function AccountPage() {
  return (
    <Page title="Your account">
      <Stack gap="xl">
        <Profile />
        <PersonalTokens />
        <View />
        <PinnedProjects />
      </Stack>
    </Page>
  )
}
