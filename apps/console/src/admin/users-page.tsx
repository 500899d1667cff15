import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { api, apiPage, invalidate, type Schema, useUser } from '../api/index.ts'
import { CopyText, DataTable, EmptyState, Loaded, Pager, RemoveButton } from '../ui/index.ts'

export function UsersPage() {
  const { page = 1, email } = useSearch({ from: '/shell/admin/users' })
  const me = useUser()
  const users = useQuery(
    apiPage('/api/data/users', {
      params: { query: { page, per_page: 50, ...(email === undefined ? {} : { exact_email: email }) } },
    }),
  )
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        People stand here from when they first sign in. Who is an administrator is said by the sign-in service, in the
        roles of each person there, and is read anew at each sign-in.
      </Text>
      <EmailFilter key={email ?? ''} email={email} />
      <Loaded query={users} lines={8}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="Nobody has this e-mail address">Only the whole address finds a person.</EmptyState>
          ) : (
            <>
              <DataTable
                label="Users"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  { title: 'Name', cell: (user) => <Text size="sm">{nameOf(user)}</Text> },
                  { title: 'E-mail', cell: (user) => user.email ?? '–' },
                  { title: 'Namespace', isSecondary: true, cell: (user) => user.username },
                  {
                    title: 'Id',
                    isSecondary: true,
                    cell: ({ id }) => (
                      <Group gap={4} wrap="nowrap">
                        <Text size="xs" c="dimmed" truncate maw={180}>
                          {id}
                        </Text>
                        <CopyText value={id} label={`Copy the id ${id}`} />
                      </Group>
                    ),
                  },
                  {
                    title: 'Actions',
                    align: 'right',
                    cell: (user) =>
                      user.id === me.id ? (
                        <Text size="sm" c="dimmed">
                          you
                        </Text>
                      ) : (
                        <RemoveUser user={user} />
                      ),
                  },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="users" />
            </>
          )
        }
      </Loaded>
    </Stack>
  )
}

function EmailFilter({ email }: { readonly email: string | undefined }) {
  const [typed, setTyped] = useState(email ?? '')
  const navigate = useNavigate()
  const find = (next: string) =>
    void navigate({ to: '/admin/users', search: next.trim() === '' ? {} : { email: next.trim() } })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        find(typed)
      }}
    >
      <Group align="flex-end" gap="xs">
        <TextInput
          label="E-mail address"
          size="xs"
          w={280}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit" size="xs" variant="default">
          Find
        </Button>
        {email !== undefined && (
          <Button size="xs" variant="subtle" onClick={() => find('')}>
            Show all
          </Button>
        )}
      </Group>
    </form>
  )
}

function RemoveUser({ user }: { readonly user: Schema<'User'> }) {
  return (
    <RemoveButton
      title={`Remove ${nameOf(user)}`}
      text={`Everything in the namespace ${user.username} is removed with the person: projects, connections, secrets and tokens. This cannot be taken back. Who may still sign in at the sign-in service comes back as a new person with nothing.`}
      onRemove={async () => {
        await api.delete('/api/data/users/{user_id}', { params: { path: { user_id: user.id } } })
        await invalidate('/api/data/users')
      }}
    />
  )
}

function nameOf({ first_name, last_name, email, username }: Schema<'User'>): string {
  const name = [first_name, last_name].filter((part) => part !== undefined && part !== '').join(' ')
  return name === '' ? (email ?? username) : name
}
