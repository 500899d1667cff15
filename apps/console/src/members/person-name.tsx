import { Anchor, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type Member, memberName } from './roles.ts'

interface PersonNameProps {
  readonly member: Omit<Member, 'role'>
  readonly isSelf?: boolean
}

/** Leads to what the person shows of himself or herself. */
export function PersonName({ member, isSelf = false }: PersonNameProps) {
  const name = memberName(member)
  return (
    <Stack gap={0}>
      <Anchor
        size="sm"
        style={{ overflowWrap: 'anywhere' }}
        renderRoot={(props) => <Link {...props} to="/people/$namespace" params={{ namespace: member.namespace }} />}
      >
        {name}
        {isSelf && ' (you)'}
      </Anchor>
      {name !== member.namespace && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {member.namespace}
        </Text>
      )}
    </Stack>
  )
}
