import { NativeSelect, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { frequencies, frequencyWords } from './frequency.ts'

interface FrequencyFieldProps {
  readonly value: string | null
  readonly onChange: (value: string | null) => void
  readonly error?: string | undefined
  readonly isDisabled?: boolean
}

const byHand = 'by hand'
const byCron = 'cron'

/** When a pipeline runs by itself: one of the usual frequencies, or five fields of cron. */
export function FrequencyField({ value, onChange, error, isDisabled = false }: FrequencyFieldProps) {
  const isUsual = frequencies.some((one) => one.value === value)
  const [isCron, setCron] = useState(value !== null && !isUsual)
  const chosen = isCron ? byCron : (value ?? byHand)
  return (
    <Stack gap="xs">
      <NativeSelect
        label="Runs by itself"
        description="Only while the pipeline is active. Times are in UTC."
        disabled={isDisabled}
        value={chosen}
        data={[
          { value: byHand, label: 'By hand only' },
          ...frequencies,
          { value: byCron, label: 'At times given as cron' },
        ]}
        {...(isCron || error === undefined ? {} : { error })}
        onChange={({ currentTarget: { value: next } }) => {
          setCron(next === byCron)
          onChange(next === byHand ? null : next === byCron ? '0 6 * * *' : next)
        }}
      />
      {isCron && (
        <TextInput
          label="Times as cron"
          description={frequencyWords(value)}
          placeholder="0 6 * * 1-5"
          spellCheck={false}
          disabled={isDisabled}
          value={value ?? ''}
          error={error}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
    </Stack>
  )
}
