import { Autocomplete, Group, List, Select, Switch, Text } from '@mantine/core'
import { useMemo } from 'react'
import { fireTimes } from './fire-times.ts'
import { Section } from './section.tsx'

export interface ScheduleDraft {
  readonly isOn: boolean
  readonly cron: string
  readonly timezone: string
}

interface ScheduleSectionProps {
  readonly schedule: ScheduleDraft
  readonly onChange: (schedule: ScheduleDraft) => void
}

const zones = Intl.supportedValuesOf('timeZone')
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone

export function ScheduleSection({ schedule, onChange }: ScheduleSectionProps) {
  const { isOn, cron, timezone } = schedule
  const next = useMemo(() => fireTimes(cron, timezone, 10), [cron, timezone])
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short', timeZone: timezone })
  return (
    <Section title="6. Schedule" about="Without one it runs when somebody starts it.">
      <Switch
        label="Run by a schedule"
        checked={isOn}
        onChange={({ currentTarget }) => onChange({ ...schedule, isOn: currentTarget.checked })}
      />
      {isOn && (
        <>
          <Group align="flex-start" grow>
            <Autocomplete
              label="Cron expression"
              description="Minute, hour, day of month, month, day of week"
              value={cron}
              data={['@hourly', '@daily', '@weekly', '@monthly', '0 6 * * *', '*/15 * * * *', '0 6 * * 1-5']}
              error={typeof next === 'string' ? next : undefined}
              onChange={(value) => onChange({ ...schedule, cron: value })}
            />
            <Select
              label="Time zone"
              description="In which the hours are meant"
              searchable
              allowDeselect={false}
              data={zones.includes('UTC') ? zones : ['UTC', ...zones]}
              value={timezone}
              onChange={(zone) => onChange({ ...schedule, timezone: zone ?? 'UTC' })}
            />
          </Group>
          {typeof next !== 'string' && (
            <div>
              <Text size="sm" fw={600} mb={4}>
                The next ten runs, {timezone}
              </Text>
              <List size="sm" className="numeric">
                {next.map((at) => (
                  <List.Item key={at.getTime()}>{exact.format(at)}</List.Item>
                ))}
              </List>
            </div>
          )}
        </>
      )}
    </Section>
  )
}
