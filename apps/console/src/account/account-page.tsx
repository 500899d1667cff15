import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { ApiError, apiQuery } from '../api/index.ts'
import { EmptyState, Loaded, Page } from '../ui/index.ts'
import { PersonalTokens } from './personal-tokens.tsx'
import { PinnedProjects } from './pinned-projects.tsx'
import { Profile } from './profile.tsx'
import { View } from './view.tsx'

export function AccountPage() {
  const self = useQuery({ ...apiQuery('/api/data/user'), retry: false })
  const isNobody = self.error instanceof ApiError && self.error.status === 404
  return (
    <Page title="Your account">
      <Stack gap="xl">
        {isNobody ? (
          <EmptyState title="You are signed in as the administrator of the platform">
            That is no person, so it has no tokens, secrets or pinned projects. They come with signing in at the sign-in
            service of the platform.
          </EmptyState>
        ) : (
          <Loaded query={self}>
            {(found) => (
              <>
                <Profile self={found} />
                <PersonalTokens />
                <PinnedProjects />
              </>
            )}
          </Loaded>
        )}
        <View />
      </Stack>
    </Page>
  )
}
