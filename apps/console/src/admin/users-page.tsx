import { Anchor, Group, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { apiPage, useUser } from '../api/index.ts'
import { DataTable, EmptyState, Failure, Loaded, Pager, SearchField } from '../ui/index.ts'
import { RemoveUser } from './remove-user.tsx'
import { userName } from './user-name.ts'

export function UsersPage() {
  const { page = 1, search } = useSearch({ from: '/shell/admin/users' })
  const me = useUser()
  const navigate = useNavigate()
  const users = useQuery({
    ...apiPage('/api/data/users', {
      params: { query: { page, per_page: 50, ...(search === undefined ? {} : { search }) } },
    }),
    placeholderData: keepPreviousData,
  })
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        People stand here from when they first sign in. Who is an administrator is said by the sign-in service, in the
        roles of each person there, and is read anew at each sign-in.
      </Text>
      <Group>
        <SearchField
          label="Search names and e-mail addresses"
          value={search ?? ''}
          onSearch={(text) =>
            void navigate({ to: '/admin/users', search: text === '' ? {} : { search: text }, replace: true })
          }
        />
      </Group>
      {users.error !== null && users.data !== undefined && <Failure error={users.error} />}
      <Loaded query={users} lines={8}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title={search === undefined ? 'Nobody has signed in yet' : 'Nobody is called so'}>
              {search === undefined
                ? 'Everybody who signs in at the sign-in service will stand here.'
                : 'Try fewer letters. People are known from when they first sign in.'}
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Users"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  {
                    title: 'Name',
                    cell: (user) => (
                      <>
                        <Anchor
                          size="sm"
                          fw={600}
                          style={{ overflowWrap: 'anywhere' }}
                          renderRoot={(props) => <Link {...props} to="/admin/users/$user" params={{ user: user.id }} />}
                        >
                          {userName(user)}
                        </Anchor>
                        {user.id === me.id && (
                          <Text span size="sm" c="dimmed">
                            {' '}
                            (you)
                          </Text>
                        )}
                      </>
                    ),
                  },
                  {
                    title: 'E-mail',
                    cell: ({ email }) => <span style={{ overflowWrap: 'anywhere' }}>{email ?? '–'}</span>,
                  },
                  { title: 'Namespace', isSecondary: true, cell: ({ username }) => username },
                  {
                    title: 'Actions',
                    align: 'right',
                    isSecondary: true,
                    cell: (user) => user.id !== me.id && <RemoveUser user={user} />,
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
