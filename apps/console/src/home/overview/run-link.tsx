import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'

interface RunLinkProps {
  readonly workflow: string
  readonly run: string
}

/** A run by its workflow, both of which can be opened. */
export function RunLink({ workflow, run }: RunLinkProps) {
  return (
    <Text span size="sm" style={{ overflowWrap: 'anywhere' }}>
      <Anchor component={Link} to="/workflows/$workflow" params={{ workflow } as never} fw={600} size="sm">
        {workflow}
      </Anchor>{' '}
      <Anchor component={Link} to="/runs/$run" params={{ run } as never} size="sm" className="numeric">
        run {run}
      </Anchor>
    </Text>
  )
}
