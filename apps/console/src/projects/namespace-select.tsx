import { Select, type SelectProps } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiAll, apiQuery } from '../api/index.ts'

type Role = 'viewer' | 'editor' | 'owner'

type NamespaceSelectProps = Omit<SelectProps, 'data' | 'onDropdownOpen'> & {
  /** What one has to be there. Default: it is enough to see it. */
  readonly minimumRole?: Role
}

/** As many as the API gives at once. */
const many = 100

const asked = (minimumRole?: Role) => (minimumRole === undefined ? {} : { minimum_role: minimumRole })

/** The first ones, the person's own one before others. */
export function namespacesQuery(minimumRole?: Role) {
  return apiQuery('/api/data/namespaces', { params: { query: { ...asked(minimumRole), per_page: many } } })
}

/** Namespaces of the person and of groups, by slug. */
export function NamespaceSelect({ minimumRole, value, ...props }: NamespaceSelectProps) {
  const [isOpened, setOpened] = useState(false)
  const first = useQuery(namespacesQuery(minimumRole))
  const all = useQuery({
    ...apiAll('/api/data/namespaces', { params: { query: asked(minimumRole) } }),
    enabled: isOpened && first.data?.length === many,
  })
  const found = (all.data ?? first.data ?? []).map(({ slug, name, namespace_kind: kind }) => ({
    value: slug,
    label: kind === 'user' ? `${slug} (personal)` : name === slug ? slug : `${slug} (${name})`,
  }))
  const isListed = value === null || value === undefined || found.some((one) => one.value === value)
  const data = isListed ? found : [...found, { value, label: value }]
  return (
    <Select
      searchable
      limit={many}
      nothingFoundMessage="No namespace is called so"
      {...props}
      onDropdownOpen={() => setOpened(true)}
      value={value ?? null}
      data={data}
    />
  )
}
