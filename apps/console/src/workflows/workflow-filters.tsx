import { Checkbox, Group, SegmentedControl, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { ProjectSelect } from '../ui/index.ts'
import type { WorkflowsSearch } from './search.ts'

interface WorkflowFiltersProps {
  readonly search: WorkflowsSearch
  readonly onChange: (change: WorkflowsSearch) => void
  readonly tags: readonly string[]
}

/** What narrows the list; all of it stands in the address. */
export function WorkflowFilters({ search, onChange, tags }: WorkflowFiltersProps) {
  const [typed, setTyped] = useState(search.search ?? '')
  const [seen, setSeen] = useState(search.search)
  if (search.search !== seen) {
    setSeen(search.search)
    if ((search.search ?? '') !== typed.trim()) setTyped(search.search ?? '')
  }
  const look = useDebouncedCallback((text: string) => onChange({ search: text.trim() }), 250)
  const paused = search.paused === undefined ? 'all' : search.paused ? 'paused' : 'active'
  return (
    <Group gap="sm">
      <TextInput
        aria-label="Search by name"
        placeholder="Search by name"
        leftSection={<IconSearch size={16} aria-hidden />}
        size="sm"
        w={220}
        value={typed}
        onChange={({ currentTarget }) => {
          setTyped(currentTarget.value)
          look(currentTarget.value)
        }}
      />
      <ProjectSelect
        aria-label="Project"
        placeholder="All projects"
        size="sm"
        w={200}
        clearable
        value={search.project ?? null}
        onChange={(project) => onChange({ project: project ?? '' })}
      />
      <Select
        aria-label="Tag"
        placeholder="All tags"
        size="sm"
        w={150}
        clearable
        searchable
        data={tags.toSorted()}
        value={search.tag ?? null}
        onChange={(tag) => onChange({ tag: tag ?? '' })}
      />
      <SegmentedControl
        aria-label="By schedule"
        size="xs"
        data={[
          { value: 'all', label: 'All' },
          { value: 'active', label: 'Active' },
          { value: 'paused', label: 'Paused' },
        ]}
        value={paused}
        onChange={(value) => onChange({ paused: value === 'all' ? undefined : value === 'paused' } as WorkflowsSearch)}
      />
      <Checkbox
        label="Failing only"
        checked={search.failing === true}
        onChange={({ currentTarget }) => onChange({ failing: currentTarget.checked })}
      />
    </Group>
  )
}
