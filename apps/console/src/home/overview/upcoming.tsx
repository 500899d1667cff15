import { Anchor, Group, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Schema } from '../../api/index.ts'
import { Moment } from '../../ui/index.ts'
import { Line, Section } from './section.tsx'

export function Upcoming({ upcoming }: { readonly upcoming: Schema<'Overview'>['upcoming'] }) {
  return (
    <Section title="Next by schedule" count={upcoming.length} empty="No schedule is on.">
      {upcoming.map(({ workflow, at }) => (
        <Line key={workflow}>
          <Group justify="space-between" gap="xs" wrap="nowrap">
            <Anchor
              component={Link}
              {...({ to: '/workflows/$workflow/schedule', params: { workflow } } as object)}
              size="sm"
              style={{ overflowWrap: 'anywhere' }}
            >
              {workflow}
            </Anchor>
            <Text size="sm" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
              <Moment at={at} />
            </Text>
          </Group>
        </Line>
      ))}
    </Section>
  )
}
