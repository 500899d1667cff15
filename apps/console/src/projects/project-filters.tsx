import { Group, Select } from '@mantine/core'
import { SearchField } from '../ui/index.ts'
import { NamespaceSelect } from './namespace-select.tsx'
import type { ProjectsSearch } from './search.ts'

interface ProjectFiltersProps {
  readonly search: ProjectsSearch
  /** Null takes a filter away. */
  readonly onChange: (change: { readonly [Name in keyof ProjectsSearch]: string | null }) => void
}

/** What narrows the list of projects; all of it stands in the address. */
export function ProjectFilters({ search, onChange }: ProjectFiltersProps) {
  return (
    <Group gap="sm">
      <SearchField label="Search projects" value={search.q ?? ''} onSearch={(q) => onChange({ q })} />
      <NamespaceSelect
        aria-label="Namespace"
        placeholder="All namespaces"
        clearable
        flex="1 1 140px"
        maw={200}
        value={search.namespace ?? null}
        onChange={(namespace) => onChange({ namespace })}
      />
      <Select
        aria-label="Your role"
        placeholder="Any role"
        clearable
        flex="1 1 140px"
        maw={170}
        data={[
          { value: 'member', label: 'I am a member' },
          { value: 'owner', label: 'I am owner' },
          { value: 'editor', label: 'I am editor' },
          { value: 'viewer', label: 'I am viewer' },
        ]}
        value={search.role ?? null}
        onChange={(role) => onChange({ role })}
      />
      <Select
        aria-label="Visibility"
        placeholder="Any visibility"
        clearable
        flex="1 1 140px"
        maw={170}
        data={['public', 'private']}
        value={search.visibility ?? null}
        onChange={(visibility) => onChange({ visibility })}
      />
      <Select
        aria-label="Order"
        flex="1 1 140px"
        maw={170}
        allowDeselect={false}
        data={[
          { value: '', label: search.q === undefined ? 'By name' : 'Best first' },
          { value: 'created', label: 'Newest first' },
        ]}
        value={search.sort ?? ''}
        onChange={(sort) => onChange({ sort })}
      />
    </Group>
  )
}
