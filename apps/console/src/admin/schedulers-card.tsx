import { Badge, Group, Stack, Text } from '@mantine/core'
import type { Schema } from '../api/index.ts'
import { Moment } from '../ui/index.ts'
import { HealthCard } from './health-card.tsx'

type Scheduler = NonNullable<Schema<'HealthDetails'>['schedulers']>[number]

/** What makes runs of schedules and backfills, and gives up what is lost. */
export function SchedulersCard({ schedulers }: { readonly schedulers: readonly Scheduler[] }) {
  return (
    <HealthCard title="Schedulers">
      <Stack gap="xs">
        {schedulers.length === 0 && <Text size="sm">None runs.</Text>}
        {schedulers.map(({ host, pid, state, seen_at }) => (
          <div key={`${host} ${pid}`}>
            <Group gap="xs" justify="space-between" wrap="nowrap">
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {pid} on {host}
              </Text>
              <Badge color={state === 'active' ? 'green' : 'orange'} variant="light" miw="max-content">
                {state}
              </Badge>
            </Group>
            <Text size="xs" c="dimmed">
              Last beat <Moment at={seen_at} />
            </Text>
          </div>
        ))}
        <Text size="xs" c="dimmed">
          {schedulers.length > 1
            ? 'Each thing that is due is done once, by one of them.'
            : 'Makes the runs of schedules and backfills.'}
        </Text>
      </Stack>
    </HealthCard>
  )
}
