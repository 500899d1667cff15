import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import { useWorkflow } from './use-workflow.ts'

interface VersionSelectProps {
  readonly value: string
  readonly onChange: (version: string) => void
  readonly label?: string
}

/** One of the last hundred versions. */
export function VersionSelect({ value, onChange, label }: VersionSelectProps) {
  const { workflow } = useWorkflow()
  const versions = useQuery(
    apiQuery('/api/workflows/{workflow}/versions', {
      params: { path: { workflow: workflow.name }, query: { per_page: 100 } },
    }),
  )
  const known = versions.data ?? []
  const names = [...new Set([...known.map(({ version }) => version), value])]
  return (
    <Select
      {...(label === undefined ? { 'aria-label': 'Version' } : { label, description: 'Default: the current one.' })}
      size={label === undefined ? 'xs' : 'sm'}
      w={label === undefined ? 220 : undefined}
      searchable
      allowDeselect={false}
      data={names.map((name) => ({
        value: name,
        label: name === workflow.version ? `${name} (current)` : name,
      }))}
      value={value}
      onChange={(next) => next !== null && onChange(next)}
    />
  )
}
