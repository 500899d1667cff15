import { Badge } from '@mantine/core'
import { type AnyState, stateLook } from './state-look.ts'

/** The state of a run or task run. */
export function StateBadge({ state }: { readonly state: AnyState }) {
  const { label, color, icon: Icon } = stateLook(state)
  return (
    <Badge
      variant="light"
      color={color}
      tt="none"
      miw="max-content"
      autoContrast
      leftSection={<Icon size={12} aria-hidden />}
      data-state={state}
    >
      {label}
    </Badge>
  )
}
