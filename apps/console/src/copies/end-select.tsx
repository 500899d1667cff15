import { Select } from '@mantine/core'
import type { End } from './use-ends.ts'

interface EndSelectProps {
  readonly label: string
  readonly ends: readonly End[]
  readonly value: string
  readonly onChange: (name: string) => void
  readonly error?: string | undefined
}

/** A connection by its name, with where it is from. */
export function EndSelect({ label, ends, value, onChange, error }: EndSelectProps) {
  const known = ends.map(({ name, title, of }) => ({
    value: name,
    label: `${name} · ${title}${of === 'project' ? '' : ` · of the ${of}`}`,
  }))
  const isMissing = value !== '' && !ends.some(({ name }) => name === value)
  return (
    <Select
      label={label}
      required
      searchable
      data={isMissing ? [...known, { value, label: `${value} · not there` }] : known}
      value={value === '' ? null : value}
      placeholder="Choose a connection"
      nothingFoundMessage="No connection is called that"
      error={error}
      onChange={(name) => onChange(name ?? '')}
    />
  )
}
