import { Group, Select, Text } from '@mantine/core'
import type { Schema } from '../../api/index.ts'
import { bytesText, countText, Duration, durationText, Moment } from '../../ui/index.ts'
import { type Fact, Facts } from '../facts.tsx'

type Attempt = Schema<'Attempt'>

interface AttemptFactsProps {
  /** The latest first. */
  readonly attempts: readonly Attempt[]
  readonly chosen: number
  readonly onChoose: (attempt: number) => void
}

/** Which attempt is looked at, how it ended and what it took. */
export function AttemptFacts({ attempts, chosen, onChoose }: AttemptFactsProps) {
  const attempt = attempts.find((one) => one.attempt === chosen)
  const facts: readonly Fact[] =
    attempt === undefined
      ? []
      : [
          ['started', <Moment key="at" at={attempt.started_at} />],
          ['took', <Duration key="took" from={attempt.started_at} to={attempt.ended_at} />],
          // Of the latest it stands above already.
          ...(attempt === attempts[0] ? [] : progressFacts(attempt)),
          ...(attempt.worker === undefined ? [] : ([['on', attempt.worker]] as Fact[])),
          ...(attempt.peak_memory_bytes === undefined
            ? []
            : ([['memory', `${Math.round(attempt.peak_memory_bytes / 1e6).toLocaleString()} MB at most`]] as Fact[])),
          ...(attempt.cpu_ms === undefined ? [] : ([['CPU', durationText(attempt.cpu_ms)]] as Fact[])),
        ]
  return (
    <Group gap="md">
      {attempts.length > 1 ? (
        <Select
          aria-label="Attempt"
          size="xs"
          w={200}
          allowDeselect={false}
          comboboxProps={{ withinPortal: true }}
          data={attempts.map((one) => ({ value: `${one.attempt}`, label: attemptLabel(one) }))}
          value={`${chosen}`}
          onChange={(value) => onChoose(Number(value))}
        />
      ) : (
        <Text size="sm">{attempt === undefined ? `Attempt ${chosen}` : attemptLabel(attempt)}</Text>
      )}
      <Facts facts={facts} />
    </Group>
  )
}

/** What it got to. */
function progressFacts({ progress }: Attempt): readonly Fact[] {
  if (progress === undefined) return []
  const { done, unit = '', bytes = 0 } = progress
  return [['did', `${countText(done)} ${unit}${bytes > 0 ? `, ${bytesText(bytes)}` : ''}`.trim()]]
}

function attemptLabel({ attempt, outcome }: Attempt): string {
  return `Attempt ${attempt}: ${outcome ?? 'running'}`
}
