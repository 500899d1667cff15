import { Group, Progress, Stack, Text } from '@mantine/core'
import type { Schema } from '../../api/index.ts'
import { Duration } from '../../ui/index.ts'
import { RunLink } from './run-link.tsx'
import { Line, Section } from './section.tsx'

interface RunningProps {
  /** The first of them. */
  readonly running: Schema<'Overview'>['running']
  readonly total: number
}

export function Running({ running, total }: RunningProps) {
  return (
    <Section
      title="Running"
      count={Math.max(total, running.length)}
      more={{ label: 'All runs', link: { to: '/runs' } }}
      empty="Nothing runs now."
    >
      {running.map(({ id, workflow, tasks, started_at }) => (
        <Line key={id}>
          <Stack gap={6}>
            <Group justify="space-between" gap="xs">
              <RunLink workflow={workflow} run={id} />
              <Text size="sm" c="dimmed" className="numeric">
                <TaskCounts tasks={tasks} />, for <Duration from={started_at} to={undefined} />
              </Text>
            </Group>
            <Progress.Root size="sm">
              <Progress.Section
                value={tasks.total === 0 ? 0 : (100 * tasks.done) / tasks.total}
                color={tasks.failed > 0 ? 'red' : 'blue'}
                aria-label={`${workflow}: tasks that are done`}
              />
            </Progress.Root>
          </Stack>
        </Line>
      ))}
    </Section>
  )
}

function TaskCounts({
  tasks: { done, total, running, failed },
}: {
  readonly tasks: Schema<'Overview'>['running'][number]['tasks']
}) {
  const parts = [
    `${done} of ${total} tasks`,
    ...(running > 0 ? [`${running} running`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ]
  return parts.join(', ')
}
