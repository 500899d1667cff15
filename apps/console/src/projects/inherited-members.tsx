import { Anchor, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'
import { type Member, PersonName, type Role } from '../members/index.ts'
import { DataTable, Loaded } from '../ui/index.ts'
import { useProject } from './use-project.ts'

const effects: Readonly<Record<Role, string>> = {
  owner: 'everything, as an owner of the project',
  editor: 'see it, not change it',
  viewer: 'see it',
}

/** Who has a say because of the namespace that the project is in. */
export function InheritedMembers() {
  const { namespace: slug } = useProject()
  const namespace = useQuery(apiQuery('/api/data/namespaces/{slug}', { params: { path: { slug } } }))
  const isGroup = namespace.data?.namespace_kind === 'group'
  const members = useQuery({
    ...apiQuery('/api/data/groups/{slug}/members', { params: { path: { slug } } }),
    enabled: isGroup,
  })
  if (namespace.data === undefined) return null
  if (!isGroup) {
    return (
      <Text size="sm">
        It is in the personal namespace <PersonLink namespace={slug} />, whose person may do everything with it.
      </Text>
    )
  }
  return (
    <Stack gap="sm">
      <Title order={2}>
        Through the group{' '}
        <Anchor
          inherit
          underline="always"
          renderRoot={(props) => <Link {...props} to="/groups/$group/members" params={{ group: slug }} />}
        >
          {namespace.data.name}
        </Anchor>
      </Title>
      <Loaded query={members}>
        {(found) => (
          <DataTable
            label="Members through the group"
            rows={found}
            rowKey={({ id }: Member) => id}
            columns={[
              { title: 'Person', cell: (member) => <PersonName member={member} /> },
              { title: 'Role in the group', cell: ({ role }) => <Text size="sm">{role}</Text> },
              { title: 'May', isSecondary: true, cell: ({ role }) => <Text size="sm">{effects[role]}</Text> },
            ]}
          />
        )}
      </Loaded>
    </Stack>
  )
}

function PersonLink({ namespace }: { readonly namespace: string }) {
  return (
    <Anchor
      inherit
      underline="always"
      renderRoot={(props) => <Link {...props} to="/people/$namespace" params={{ namespace }} />}
    >
      {namespace}
    </Anchor>
  )
}
