import { Badge } from '@mantine/core'
import { IconPlayerPause } from '@tabler/icons-react'
import type { Schema } from '../api/index.ts'
import { StateBadge } from '../ui/index.ts'

export function BackfillState({ state }: { readonly state: Schema<'Backfill'>['state'] }) {
  if (state !== 'paused') return <StateBadge state={state} />
  return (
    <Badge variant="light" color="gray" tt="none" leftSection={<IconPlayerPause size={12} aria-hidden />}>
      paused
    </Badge>
  )
}
