import { Group, Radio, Stack, TagsInput, TextInput } from '@mantine/core'
import type { CopyDraft, Mode } from './copy-draft.ts'
import { Section } from './section.tsx'
import type { End } from './use-ends.ts'

const modes: readonly { readonly mode: Mode; readonly label: string; readonly about: string }[] = [
  { mode: 'replace', label: 'Replace', about: 'The table holds exactly the new rows afterwards, in one step.' },
  { mode: 'append', label: 'Append', about: 'New rows are added to those that are there.' },
  { mode: 'merge', label: 'Merge', about: 'Rows with a known key are updated, others are added.' },
  { mode: 'insert-only', label: 'Insert only', about: 'Rows with a known key are left as they are, others are added.' },
]

interface ModeSectionProps {
  readonly destination: End | undefined
  readonly draft: CopyDraft
  readonly onChange: (changes: Partial<CopyDraft>) => void
  readonly problemAt: (path: string) => string | undefined
}

export function ModeSection({ destination, draft, onChange, problemAt }: ModeSectionProps) {
  const { mode, key, cursor, lookback } = draft
  const taken = destination === undefined || destination.modes.length === 0 ? null : destination.modes
  const hasKey = mode === 'merge' || mode === 'insert-only'
  return (
    <Section title="3. Mode">
      <Radio.Group
        aria-label="What happens to rows that are there"
        value={mode}
        error={problemAt('/mode')}
        onChange={(next) => onChange({ mode: next as Mode, ...(next === 'replace' ? { cursor: '' } : {}) })}
      >
        <Stack gap="xs">
          {modes.map((one) => {
            const isTaken = taken === null || taken.includes(one.mode)
            return (
              <Radio
                key={one.mode}
                value={one.mode}
                label={one.label}
                description={isTaken ? one.about : `${destination?.title ?? 'The destination'} does not do this.`}
                disabled={!isTaken}
              />
            )
          })}
        </Stack>
      </Radio.Group>
      {hasKey && (
        <TagsInput
          label="Key"
          description="Columns that tell rows apart. Empty: the primary key of the source."
          value={[...key]}
          splitChars={[',', ' ']}
          acceptValueOnBlur
          error={problemAt('/key')}
          onChange={(next) => onChange({ key: next })}
        />
      )}
      {mode !== 'replace' && (
        <Group align="flex-start" grow>
          <TextInput
            label="Incremental by"
            description="A column that grows, such as updated_at: only rows beyond the last copy are read. Empty: all rows."
            value={cursor}
            error={problemAt('/cursor')}
            onChange={({ currentTarget }) => onChange({ cursor: currentTarget.value })}
          />
          <TextInput
            label="Look back"
            description="How far behind that it reads again: seconds for times, units for numbers. Needs a key."
            inputMode="numeric"
            disabled={cursor === ''}
            value={lookback}
            error={problemAt('/lookback') ?? (/^\d*(\.\d+)?$/.test(lookback) ? undefined : 'Give a number.')}
            onChange={({ currentTarget }) => onChange({ lookback: currentTarget.value })}
          />
        </Group>
      )}
    </Section>
  )
}
