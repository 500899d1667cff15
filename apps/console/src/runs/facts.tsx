import { Group, Text } from '@mantine/core'
import type { ReactNode } from 'react'

/** A name and what it is. */
export type Fact = readonly [name: string, value: ReactNode]

/** Facts in a line that wraps. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <Group gap={0} style={{ columnGap: 16, rowGap: 2 }}>
      {facts.map(([name, value]) => (
        <Text key={name} size="sm" component="div" c="var(--mantine-color-text)">
          <Text span size="sm" c="dimmed">
            {name}{' '}
          </Text>
          {value}
        </Text>
      ))}
    </Group>
  )
}
