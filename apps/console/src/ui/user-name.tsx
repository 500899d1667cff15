import { Text, Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'

/** Who has the platform's own token, and is no user. */
const administratorId = 'admin'

/** The name of a user by the id; the id itself where the user is gone, or is no person. */
export function UserName({ id }: { readonly id: string }) {
  // Parts of the platform are named with a colon, as `job:retention`.
  const isPerson = !id.includes(':') && id !== administratorId
  const { data } = useQuery({
    ...apiQuery('/api/data/users/{user_id}', { params: { path: { user_id: id } } }),
    enabled: isPerson,
    staleTime: 300_000,
    retry: false,
  })
  if (data === undefined) {
    return (
      <Text span inherit style={{ overflowWrap: 'anywhere' }}>
        {id}
      </Text>
    )
  }
  const { first_name, last_name, email, username } = data
  const name = [first_name, last_name].filter((part) => part !== undefined && part !== '').join(' ')
  return (
    <Tooltip label={email ?? username}>
      <span>{name === '' ? (email ?? username) : name}</span>
    </Tooltip>
  )
}
