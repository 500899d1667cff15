import { Anchor, Button, Checkbox, Group, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { apiQuery, entityQuery, type Schema, useUser } from '../api/index.ts'
import { DataTable, EmptyState, Failure, Loaded, Moment, Page, Pager, SearchField } from '../ui/index.ts'
import { groupsSearch } from './search.ts'

const perPage = 25

type FoundGroup = Extract<Schema<'SearchItem'>, { type: 'Group' }>

export function GroupsPage() {
  const { page = 1, q, mine = false } = useSearch({ from: '/shell/groups' })
  const navigate = useNavigate({ from: '/groups' })
  const query = entityQuery({
    ...{ type: 'Group', words: q, sort: q === undefined ? 'name' : undefined },
    roles: mine ? ['owner', 'editor', 'viewer'] : [],
  })
  const found = useQuery({
    ...apiQuery('/api/data/search/query', { params: { query: { q: query, page, per_page: perPage } } }),
    placeholderData: keepPreviousData,
  })
  const change = (next: object) => void navigate({ search: groupsSearch({ q, mine, ...next }), replace: true })
  return (
    <Page
      title="Groups"
      about="A group keeps projects of several people together, with the connections and secrets that they share."
      actions={<NewGroupButton />}
    >
      <Loaded query={found} lines={8}>
        {({ items, pagingInfo: { totalPages, totalResult } }) =>
          totalResult === 0 && q === undefined && !mine ? (
            <EmptyState title="No groups yet" action={<NewGroupButton />}>
              Everybody who is in a group sees all of its projects. Projects of one person need none.
            </EmptyState>
          ) : (
            <Stack gap="sm">
              <Group gap="sm">
                <SearchField
                  label="Search names and descriptions"
                  value={q ?? ''}
                  onSearch={(text) => change({ q: text })}
                />
                <Checkbox
                  label="I am a member"
                  checked={mine}
                  onChange={({ currentTarget }) => change({ mine: currentTarget.checked })}
                />
              </Group>
              {found.error !== null && <Failure error={found.error} />}
              {items.length === 0 ? (
                <EmptyState
                  title="No group is like this"
                  action={
                    <Button variant="default" renderRoot={(props) => <Link {...props} to="/groups" />}>
                      Show all
                    </Button>
                  }
                >
                  Try fewer words, or the beginning of a word.
                </EmptyState>
              ) : (
                <GroupTable groups={items.filter((item): item is FoundGroup => item.type === 'Group')} />
              )}
              <Pager page={page} totalPages={totalPages} total={totalResult} of="groups" />
            </Stack>
          )
        }
      </Loaded>
    </Page>
  )
}

function GroupTable({ groups }: { readonly groups: readonly FoundGroup[] }) {
  return (
    <DataTable
      label="Groups"
      rows={groups}
      rowKey={({ id }) => id}
      columns={[
        {
          title: 'Group',
          cell: ({ name, slug }) => (
            <>
              <Anchor
                size="sm"
                fw={600}
                style={{ overflowWrap: 'anywhere' }}
                renderRoot={(props) => <Link {...props} to="/groups/$group" params={{ group: slug }} />}
              >
                {name}
              </Anchor>
              <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {slug}
              </Text>
            </>
          ),
        },
        {
          title: 'Description',
          isSecondary: true,
          cell: ({ description }) => (
            <Text size="sm" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
              {description}
            </Text>
          ),
        },
        { title: 'Created', align: 'right', cell: ({ creationDate }) => <Moment at={creationDate} /> },
      ]}
    />
  )
}

/** Only for those who may create groups on this platform. */
function NewGroupButton() {
  const { is_admin } = useUser()
  const config = useQuery({ ...apiQuery('/api/data/platform/authorization_config'), staleTime: 60_000 })
  if (!is_admin && config.data?.create_groups !== 'registered_users') return null
  return <Button renderRoot={(props) => <Link {...props} to="/groups/new" />}>New group</Button>
}
