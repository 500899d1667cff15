import { Anchor, Group, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Schema } from '../../api/index.ts'
import { durationText, Moment } from '../../ui/index.ts'
import { RunLink } from './run-link.tsx'
import { Line, Section } from './section.tsx'

type LateThing = Schema<'LateThing'>

/** Left out where nothing is late. */
export function Late({ late }: { readonly late: readonly LateThing[] }) {
  if (late.length === 0) return null
  return (
    <Section title="Late" count={late.length}>
      {late.map((thing) => (
        <Line key={`${thing.kind} ${thing.kind === 'queue' ? thing.queue : thing.workflow}`}>
          <LateLine thing={thing} />
        </Line>
      ))}
    </Section>
  )
}

function LateLine({ thing }: { readonly thing: LateThing }) {
  switch (thing.kind) {
    case 'run':
      return (
        <Group justify="space-between" gap="xs">
          <RunLink workflow={thing.workflow} run={thing.run} />
          <Text size="sm">
            Runs for {durationText(thing.running_seconds * 1000)}; usually it takes{' '}
            {durationText(thing.usual_seconds * 1000)}.
          </Text>
        </Group>
      )
    case 'schedule':
      return (
        <Group justify="space-between" gap="xs">
          <Anchor
            component={Link}
            {...({ to: '/workflows/$workflow/schedule', params: { workflow: thing.workflow } } as object)}
            fw={600}
            size="sm"
          >
            {thing.workflow}
          </Anchor>
          <Text size="sm">
            {thing.problem === undefined ? (
              <>
                Should have begun <Moment at={thing.tick} />; there is no run yet.
              </>
            ) : (
              `No run can be made: ${thing.problem}`
            )}
          </Text>
        </Group>
      )
    case 'queue':
      return (
        <Group justify="space-between" gap="xs">
          <RunLink workflow={thing.workflow} run={thing.run} />
          <Text size="sm">
            {thing.task_runs === 1 ? 'A task waits' : `${thing.task_runs.toLocaleString()} tasks wait`} for{' '}
            {durationText(thing.waiting_seconds * 1000)}: no worker serves the queue “{thing.queue}”. Start one with{' '}
            <code>millrace worker --queues {thing.queue}</code>.
          </Text>
        </Group>
      )
  }
}
