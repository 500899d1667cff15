import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import { Loaded, Page } from '../ui/index.ts'
import { OwnSessions } from './own-sessions.tsx'
import { PersonalTokens } from './personal-tokens.tsx'
import { PinnedProjects } from './pinned-projects.tsx'
import { Profile } from './profile.tsx'
import { View } from './view.tsx'

export function AccountPage() {
  const self = useQuery(apiQuery('/api/data/user'))
  return (
    <Page title="Your account">
      <Stack gap="xl">
        <Loaded query={self}>{(found) => <Profile self={found} />}</Loaded>
        <PersonalTokens />
        <OwnSessions />
        <PinnedProjects />
        <View />
      </Stack>
    </Page>
  )
}
