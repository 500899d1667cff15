import { Anchor, Button, Group, Stack, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { SessionTable } from '../account/index.ts'
import { api, apiPage, apiQuery, invalidate, useUser } from '../api/index.ts'
import { CopyText, confirm, EmptyState, Facts, Loaded } from '../ui/index.ts'
import { RemoveUser } from './remove-user.tsx'
import { userName } from './user-name.ts'

const sessionsPath = '/api/auth/users/{user_id}/sessions'

/** A person for administrators: who it is, and where the person is signed in. */
export function UserPage() {
  const { user: id } = useParams({ from: '/shell/admin/users/$user' })
  const { id: self } = useUser()
  const navigate = useNavigate()
  const user = useQuery({
    ...apiQuery('/api/data/users/{user_id}', { params: { path: { user_id: id } } }),
    retry: false,
  })
  return (
    <Stack>
      <div>
        <Anchor size="sm" component={Link} to="/admin/users">
          All users
        </Anchor>
        <Loaded query={user} lines={2}>
          {(found) => (
            <>
              <Group justify="space-between" mb="xs">
                <Title order={2} style={{ overflowWrap: 'anywhere' }}>
                  {userName(found)}
                </Title>
                {id !== self && (
                  <RemoveUser user={found} onRemoved={async () => await navigate({ to: '/admin/users' })} />
                )}
              </Group>
              <Facts
                label="About the user"
                facts={[
                  ['E-mail', found.email ?? 'none'],
                  [
                    'Namespace',
                    <Anchor
                      key="namespace"
                      inherit
                      renderRoot={(props) => (
                        <Link {...props} to="/people/$namespace" params={{ namespace: found.username }} />
                      )}
                    >
                      {found.username}
                    </Anchor>,
                  ],
                  [
                    'Id',
                    <Group key="id" gap={4} wrap="nowrap">
                      <span>{id}</span>
                      <CopyText value={id} label={`Copy the id ${id}`} />
                    </Group>,
                  ],
                  [
                    'Changes',
                    <Anchor
                      key="audit"
                      inherit
                      renderRoot={(props) => <Link {...props} to="/admin/audit" search={{ actor: id } as never} />}
                    >
                      made by this person
                    </Anchor>,
                  ],
                ]}
              />
            </>
          )}
        </Loaded>
      </div>
      {user.data !== undefined && <Sessions id={id} name={userName(user.data)} />}
    </Stack>
  )
}

function Sessions({ id, name }: { readonly id: string; readonly name: string }) {
  const path = { user_id: id }
  const sessions = useQuery(apiPage(sessionsPath, { params: { path, query: { per_page: 100 } } }))
  const endAll = useMutation({
    mutationFn: async () => await api.delete(sessionsPath, { params: { path } }),
    onSuccess: async () => {
      notifications.show({ message: `${name} is signed out everywhere.` })
      await invalidate(sessionsPath)
    },
  })
  const ask = async () => {
    const agreed = await confirm({
      title: `Sign ${name} out everywhere?`,
      text: 'Every browser of the person has to sign in again. Access tokens stay good; who is disabled at the sign-in service loses them too.',
      action: 'Sign out everywhere',
    })
    if (agreed) endAll.mutate()
  }
  const hasAny = (sessions.data?.items.length ?? 0) > 0
  return (
    <section aria-labelledby="sessions">
      <Group justify="space-between" mb={4}>
        <Title order={3} size="h5" id="sessions">
          Signed in
        </Title>
        {hasAny && (
          <Button size="xs" variant="default" loading={endAll.isPending} onClick={() => void ask()}>
            Sign out everywhere
          </Button>
        )}
      </Group>
      <Loaded query={sessions}>
        {({ items, total }) =>
          items.length === 0 ? (
            <EmptyState title="Signed in nowhere">No browser acts for this person now.</EmptyState>
          ) : (
            <SessionTable
              label={`Where ${name} is signed in`}
              sessions={items}
              total={total}
              onEnd={async (session) => {
                const params = { path: { user_id: id, id: session.id } }
                await api.delete('/api/auth/users/{user_id}/sessions/{id}', { params })
                await invalidate(sessionsPath)
              }}
            />
          )
        }
      </Loaded>
    </section>
  )
}
