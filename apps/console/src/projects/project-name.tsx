import { Anchor } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'

/** Leads to a project that only its id is known of. */
export function ProjectNameById({ id }: { readonly id: string }) {
  const { data, error } = useQuery(
    apiQuery('/api/data/projects/{project_id}', { params: { path: { project_id: id } } }),
  )
  if (data === undefined) return <span>{error === null ? '…' : 'a project that you may not see'}</span>
  const params = { namespace: data.namespace, project: data.slug }
  return (
    <Anchor
      inherit
      underline="always"
      renderRoot={(props) => <Link {...props} to="/projects/$namespace/$project" params={params} />}
    >
      {data.name}
    </Anchor>
  )
}
