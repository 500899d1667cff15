import { Anchor, Badge, Group, Table, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Schema } from '../api/index.ts'
import { CopyText } from '../ui/index.ts'

/** Who the person is, as the sign-in service says. */
export function Profile({ self }: { readonly self: Schema<'Self'> }) {
  const { id, username, email, first_name, last_name, is_admin } = self
  const name = [first_name, last_name].filter((part) => part !== undefined && part !== '').join(' ')
  return (
    <section aria-labelledby="profile">
      <Group justify="space-between" mb="xs">
        <Title order={2} id="profile">
          Profile
        </Title>
        <Anchor component={Link} to="/services" size="sm">
          Connected services
        </Anchor>
      </Group>
      <Table variant="vertical" maw={640} aria-label="Profile">
        <Table.Tbody>
          <Table.Tr>
            <Table.Th w={160}>Name</Table.Th>
            <Table.Td>
              {name || '–'} {is_admin && <Badge variant="light">administrator</Badge>}
            </Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th>E-mail</Table.Th>
            <Table.Td>{email ?? '–'}</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th>Namespace</Table.Th>
            <Table.Td>{username}</Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th>Id</Table.Th>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              {id} <CopyText value={id} label="Copy your id" />
            </Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
    </section>
  )
}
