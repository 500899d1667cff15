import { SegmentedControl, Textarea, TextInput } from '@mantine/core'
import type { Place } from '../connections/index.ts'
import styles from './copies.module.css'
import type { CopyDraft, SourceKind } from './copy-draft.ts'
import { EndSelect } from './end-select.tsx'
import { Section } from './section.tsx'
import { TablePicker } from './table-picker.tsx'
import { type End, useEndAddress } from './use-ends.ts'

interface SourceSectionProps {
  readonly project: Extract<Place, { kind: 'project' }>
  readonly ends: readonly End[]
  readonly draft: CopyDraft
  readonly onChange: (changes: Partial<CopyDraft>) => void
}

export function SourceSection({ project, ends, draft, onChange }: SourceSectionProps) {
  const source = ends.find(({ name }) => name === draft.source)
  const address = useEndAddress(project, source)
  const choose = (name: string) => {
    const next = ends.find((one) => one.name === name)
    onChange({ source: name, tables: [], kind: next?.isFiles ? 'files' : 'tables' })
  }
  const kinds: { readonly value: SourceKind; readonly label: string }[] = [
    ...(source?.isFiles ? [{ value: 'files' as const, label: 'Files' }] : []),
    ...(source?.isFiles ? [] : [{ value: 'tables' as const, label: 'Tables' }]),
    ...(source?.canQuery ? [{ value: 'query' as const, label: 'Query' }] : []),
  ]
  return (
    <Section title="1. Source">
      <EndSelect
        label="Copy from"
        ends={ends.filter(({ canRead }) => canRead)}
        value={draft.source}
        onChange={choose}
      />
      {kinds.length > 1 && (
        <SegmentedControl
          aria-label="What is copied"
          value={draft.kind}
          data={kinds}
          onChange={(kind) => onChange({ kind: kind as SourceKind })}
        />
      )}
      {source !== undefined && draft.kind === 'tables' && address !== undefined && (
        <TablePicker address={address} chosen={draft.tables} onChange={(tables) => onChange({ tables })} />
      )}
      {draft.kind === 'query' && (
        <Textarea
          className={styles.query ?? ''}
          label="Query"
          description="Its result is copied. Dates of the run can stand in it: {{ ds }}."
          required
          autosize
          minRows={4}
          spellCheck={false}
          value={draft.query}
          onChange={({ currentTarget }) => onChange({ query: currentTarget.value })}
        />
      )}
      {draft.kind === 'files' && (
        <TextInput
          label="File, folder or pattern"
          description="Below what the connection names, such as orders/*.parquet. Empty: all that the connection names."
          value={draft.path}
          onChange={({ currentTarget }) => onChange({ path: currentTarget.value })}
        />
      )}
    </Section>
  )
}
