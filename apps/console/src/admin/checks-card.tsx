import { Badge, Group, Stack, Text } from '@mantine/core'
import { IconCheck, IconMinus, IconX } from '@tabler/icons-react'
import type { Schema } from '../api/index.ts'
import { HealthCard } from './health-card.tsx'
import { checkNames } from './problems.ts'

type Check = Schema<'HealthDetails'>['checks'][number]

const looks = {
  ok: { label: 'works', color: 'green', icon: IconCheck },
  failed: { label: 'failed', color: 'red', icon: IconX },
  not_set: { label: 'not set', color: 'gray', icon: IconMinus },
} as const

/** What the server leans on, tried just now. */
export function ChecksCard({ checks }: { readonly checks: readonly Check[] }) {
  return (
    <HealthCard title="What it leans on">
      <Stack gap="xs">
        {checks.map((check) => (
          <CheckLine key={check.name} check={check} />
        ))}
      </Stack>
    </HealthCard>
  )
}

function CheckLine({ check: { name, state, message, duration_ms } }: { readonly check: Check }) {
  const { label, color, icon: Icon } = looks[state]
  return (
    <div>
      <Group gap="xs" justify="space-between" wrap="nowrap">
        <Text size="sm">{checkNames[name]}</Text>
        <Badge color={color} variant="light" leftSection={<Icon size={12} aria-hidden />} miw="max-content">
          {label}
        </Badge>
      </Group>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {message}
        {state === 'ok' && `, ${duration_ms} ms`}
      </Text>
    </div>
  )
}
