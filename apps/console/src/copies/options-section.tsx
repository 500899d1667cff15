import { Checkbox, NativeSelect, NumberInput, SimpleGrid } from '@mantine/core'
import type { CopyDraft } from './copy-draft.ts'
import { Section } from './section.tsx'

interface OptionsSectionProps {
  readonly draft: CopyDraft
  readonly onChange: (changes: Partial<CopyDraft>) => void
}

export function OptionsSection({ draft, onChange }: OptionsSectionProps) {
  return (
    <Section title="4. Options">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NativeSelect
          label="Proof"
          description="What is compared before anything becomes visible."
          value={draft.verify}
          data={[
            { value: 'count', label: 'number of rows' },
            { value: 'content', label: 'a hash of every value' },
            { value: 'none', label: 'nothing' },
          ]}
          onChange={({ currentTarget }) => onChange({ verify: currentTarget.value as CopyDraft['verify'] })}
        />
        <NativeSelect
          label="When columns change"
          description="What becomes of new columns and wider types of the source."
          value={draft.contract}
          data={[
            { value: 'evolve', label: 'take them over' },
            { value: 'freeze', label: 'refuse the copy' },
            { value: 'discard', label: 'leave them out' },
          ]}
          onChange={({ currentTarget }) => onChange({ contract: currentTarget.value as CopyDraft['contract'] })}
        />
        <NativeSelect
          label="Values that do not fit"
          description="What the destination cannot hold; each is counted."
          value={draft.onUnrepresentable}
          data={[
            { value: 'error', label: 'refuse the copy' },
            { value: 'null', label: 'make them NULL' },
            { value: 'text', label: 'keep the column as text' },
          ]}
          onChange={({ currentTarget }) =>
            onChange({ onUnrepresentable: currentTarget.value as CopyDraft['onUnrepresentable'] })
          }
        />
        <NumberInput
          label="Chunks at once"
          description="More load both ends harder."
          min={1}
          max={64}
          allowDecimal={false}
          value={draft.parallel}
          onChange={(next) => onChange({ parallel: typeof next === 'number' ? next : 1 })}
        />
      </SimpleGrid>
      {draft.mode === 'replace' && (
        <Checkbox
          label="Let an empty source replace what is there"
          description="Otherwise a source without rows is taken for a mistake."
          checked={draft.allowEmpty}
          onChange={({ currentTarget }) => onChange({ allowEmpty: currentTarget.checked })}
        />
      )}
    </Section>
  )
}
