import { Group, Select, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { PipelinesSearch } from '../search.ts'

interface PipelineFiltersProps {
  /** Names to choose from; a field without is typed freely. */
  readonly clients: readonly string[]
  readonly brands: readonly string[]
  readonly types: readonly string[]
  /** When they are needed. */
  readonly onChoose: () => void
}

/** Which pipelines are listed; stands in the address. */
export function PipelineFilters({ clients, brands, types, onChoose }: PipelineFiltersProps) {
  const { name = '', client, brand, type, active } = useSearch({ strict: false }) as PipelinesSearch
  const [typed, setTyped] = useState(name)
  const navigate = useNavigate()
  const go = (next: PipelinesSearch) =>
    void navigate({
      to: '.',
      replace: true,
      search: (before: object) => ({ ...before, page: undefined, ...next }),
    } as never)
  const choices = [
    { label: 'Client', field: 'client', value: client, data: clients },
    { label: 'Brand', field: 'brand', value: brand, data: brands },
    { label: 'Type', field: 'type', value: type, data: types },
  ] as const
  return (
    <Group gap="xs">
      <TextInput
        aria-label="Name"
        placeholder="Name"
        w={180}
        size="xs"
        leftSection={<IconSearch size={14} aria-hidden />}
        value={typed}
        onChange={({ currentTarget: { value } }) => {
          setTyped(value)
          go({ name: value === '' ? undefined : value })
        }}
      />
      {choices.map(({ label, field, value, data }) => (
        <Select
          key={field}
          aria-label={label}
          placeholder={label}
          w={150}
          size="xs"
          searchable
          clearable
          clearButtonProps={{ 'aria-label': `All: ${label}` }}
          data={[...new Set([...data, ...(value === undefined ? [] : [value])])].toSorted()}
          onDropdownOpen={onChoose}
          value={value ?? null}
          onChange={(next) => go({ [field]: next ?? undefined })}
        />
      ))}
      <Select
        aria-label="Active or not"
        placeholder="Active or not"
        w={150}
        size="xs"
        clearable
        clearButtonProps={{ 'aria-label': 'Active and not' }}
        data={[
          { value: 'true', label: 'active' },
          { value: 'false', label: 'not active' },
        ]}
        value={active === undefined ? null : `${active}`}
        onChange={(next) => go({ active: next === null ? undefined : next === 'true' })}
      />
    </Group>
  )
}
