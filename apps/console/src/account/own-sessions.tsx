import { Button, Group, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { api, apiPage, invalidate } from '../api/index.ts'
import { confirm, EmptyState, Loaded } from '../ui/index.ts'
import { SessionTable } from './session-table.tsx'

const most = 100

/** Where the person is signed in, to be ended one by one or all but this. */
export function OwnSessions() {
  const sessions = useQuery(apiPage('/api/auth/sessions', { params: { query: { per_page: most } } }))
  const endOthers = useMutation({
    mutationFn: async () => await api.delete('/api/auth/sessions'),
    onSuccess: async ({ ended }) => {
      notifications.show({ message: ended === 1 ? '1 browser is signed out.' : `${ended} browsers are signed out.` })
      await invalidate('/api/auth/sessions')
    },
  })
  const others = sessions.data?.items.filter(({ current }) => !current).length ?? 0
  const ask = async () => {
    const agreed = await confirm({
      title: 'Sign out all other browsers?',
      text: 'All of them have to sign in again. What was not saved there is lost. Access tokens stay good.',
      action: 'Sign out the others',
    })
    if (agreed) endOthers.mutate()
  }
  return (
    <section aria-labelledby="sessions">
      <Group justify="space-between" mb={4}>
        <Title order={2} id="sessions">
          Where you are signed in
        </Title>
        {others > 0 && (
          <Button size="xs" variant="default" loading={endOthers.isPending} onClick={() => void ask()}>
            Sign out all others
          </Button>
        )}
      </Group>
      <Text size="sm" c="dimmed" mb="xs">
        Browsers that act for you. Sign out what you do not know, and change your password at the sign-in service then.
      </Text>
      <Loaded query={sessions}>
        {({ items, total }) =>
          items.length === 0 ? (
            <EmptyState title="No browser is signed in">You are here by a token.</EmptyState>
          ) : (
            <SessionTable
              label="Where you are signed in"
              sessions={items}
              total={total}
              onEnd={async ({ id }) => {
                await api.delete('/api/auth/sessions/{id}', { params: { path: { id } } })
                await invalidate('/api/auth/sessions')
              }}
            />
          )
        }
      </Loaded>
    </section>
  )
}
