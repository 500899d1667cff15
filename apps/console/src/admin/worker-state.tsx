import { Badge } from '@mantine/core'
import type { Schema } from '../api/index.ts'

const looks: Readonly<Record<Schema<'Worker'>['state'], { readonly color: string; readonly text: string }>> = {
  active: { color: 'green', text: 'active' },
  draining: { color: 'yellow', text: 'draining' },
  silent: { color: 'red', text: 'silent' },
  ended: { color: 'gray', text: 'ended' },
}

export function WorkerState({ state }: { readonly state: Schema<'Worker'>['state'] }) {
  const { color, text } = looks[state]
  return (
    <Badge color={color} variant="light" miw="max-content">
      {text}
    </Badge>
  )
}
