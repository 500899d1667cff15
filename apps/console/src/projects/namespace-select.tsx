import { Select, type SelectProps } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiAll } from '../api/index.ts'

type NamespaceSelectProps = Omit<SelectProps, 'data'> & {
  /** What one has to be there. Default: it is enough to see it. */
  readonly minimumRole?: 'viewer' | 'editor' | 'owner'
}

/** Namespaces of the person and of groups, by slug. */
export function NamespaceSelect({ minimumRole, value, ...props }: NamespaceSelectProps) {
  const query = minimumRole === undefined ? {} : { minimum_role: minimumRole }
  const namespaces = useQuery(apiAll('/api/data/namespaces', { params: { query } }))
  const found = (namespaces.data ?? []).map(({ slug, name, namespace_kind: kind }) => ({
    value: slug,
    label: kind === 'user' ? `${slug} (personal)` : name === slug ? slug : `${slug} (${name})`,
  }))
  const isListed = value === null || value === undefined || found.some((one) => one.value === value)
  const data = isListed ? found : [...found, { value, label: value }]
  return (
    <Select
      searchable
      limit={100}
      nothingFoundMessage="No namespace is called so"
      {...props}
      value={value ?? null}
      data={data}
    />
  )
}
