import { Badge } from '@mantine/core'
import { IconCheck, IconClock, IconLoader2, IconX } from '@tabler/icons-react'
import type { Schema } from '../api/index.ts'

const looks = {
  waiting: { color: 'gray', icon: IconClock },
  running: { color: 'blue', icon: IconLoader2 },
  succeeded: { color: 'green', icon: IconCheck },
  failed: { color: 'red', icon: IconX },
} as const

export function JobRunState({ run: { state } }: { readonly run: Schema<'JobRun'> }) {
  const { color, icon: Icon } = looks[state]
  return (
    <Badge color={color} variant="light" miw="max-content" leftSection={<Icon size={12} aria-hidden />}>
      {state}
    </Badge>
  )
}
