import { Group, NativeSelect, TextInput } from '@mantine/core'
import type { CopyDraft } from './copy-draft.ts'
import { isPattern } from './copy-draft.ts'
import { EndSelect } from './end-select.tsx'
import { Section } from './section.tsx'
import type { End } from './use-ends.ts'

interface DestinationSectionProps {
  readonly ends: readonly End[]
  readonly draft: CopyDraft
  readonly onChange: (changes: Partial<CopyDraft>) => void
  /** What the plan says about a part of the configuration, by its path. */
  readonly problemAt: (path: string) => string | undefined
}

export function DestinationSection({ ends, draft, onChange, problemAt }: DestinationSectionProps) {
  const destination = ends.find(({ name }) => name === draft.destination)
  const isFiles = destination?.isFiles === true
  const isMany = draft.kind === 'tables' && (draft.tables.length > 1 || draft.tables.some(isPattern))
  return (
    <Section title="2. Destination">
      <EndSelect
        label="Copy to"
        ends={ends.filter(({ canWrite }) => canWrite)}
        value={draft.destination}
        onChange={(name) => onChange({ destination: name })}
        error={problemAt('/to/connection')}
      />
      {destination !== undefined && !isFiles && (
        <TextInput
          label={isMany ? 'Names of the tables there' : 'Table there'}
          description={
            isMany
              ? 'A pattern with {schema} and {table}, such as raw.{schema}_{table}. Empty: the names of the source.'
              : draft.kind === 'tables'
                ? 'Empty: the name of the source.'
                : 'Such as raw.orders.'
          }
          required={draft.kind !== 'tables'}
          value={draft.table}
          error={problemAt('/to/table')}
          onChange={({ currentTarget }) => onChange({ table: currentTarget.value })}
        />
      )}
      {isFiles && (
        <Group align="flex-start" grow>
          <TextInput
            label="File or folder"
            description="A folder ends with a slash and gets a file for each table."
            required
            value={draft.toPath}
            error={problemAt('/to/path')}
            onChange={({ currentTarget }) => onChange({ toPath: currentTarget.value })}
          />
          <NativeSelect
            label="Format"
            description="Of a folder it has to be said."
            value={draft.format}
            error={problemAt('/to/format')}
            data={[
              { value: '', label: 'by the name' },
              { value: 'parquet', label: 'Parquet' },
              { value: 'csv', label: 'CSV' },
              { value: 'ndjson', label: 'NDJSON' },
            ]}
            onChange={({ currentTarget }) => onChange({ format: currentTarget.value as CopyDraft['format'] })}
          />
        </Group>
      )}
    </Section>
  )
}
