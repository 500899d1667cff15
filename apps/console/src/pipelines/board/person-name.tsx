import { useQuery } from '@tanstack/react-query'
import { apiQuery, useUser } from '../../api/index.ts'

/** Who did something; the id where there is no name. */
export function PersonName({ id }: { readonly id: string }) {
  const user = useUser()
  const { data } = useQuery({
    ...apiQuery('/api/data/users/{user_id}', { params: { path: { user_id: id } } }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  const name = [data?.first_name, data?.last_name].filter(Boolean).join(' ')
  const shown = name !== '' ? name : (data?.username ?? id)
  return <strong>{id === user.id ? `${shown} (you, elsewhere)` : shown}</strong>
}
