import { useQuery } from '@tanstack/react-query'
import { apiPage } from '../api/index.ts'
import { useGroup } from './use-group.ts'

/** How many connections and secrets the projects of the group share; undefined for what the person may not see. */
export function useShared(): { readonly connections: number | undefined; readonly secrets: number | undefined } {
  const { slug } = useGroup()
  const params = { path: { slug }, query: { per_page: 1 } }
  const connections = useQuery({ ...apiPage('/api/namespaces/{slug}/connections', { params }), retry: false })
  const secrets = useQuery({ ...apiPage('/api/namespaces/{slug}/secrets', { params }), retry: false })
  return { connections: connections.data?.total, secrets: secrets.data?.total }
}
