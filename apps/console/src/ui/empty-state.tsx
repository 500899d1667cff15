import { Paper, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

interface EmptyStateProps {
  /** What there is none of: "No runs yet". */
  readonly title: string
  /** What to do about it. */
  readonly children?: ReactNode
  readonly action?: ReactNode
  /** In place of a whole page, which then has no other heading. */
  readonly isPage?: boolean
}

/** In place of a list that has nothing in it. */
export function EmptyState({ title, children, action, isPage = false }: EmptyStateProps) {
  return (
    <Paper withBorder p="xl">
      <Stack align="center" gap="xs" maw={560} mx="auto">
        <Title order={isPage ? 1 : 2} size="h4" ta="center">
          {title}
        </Title>
        {children !== undefined && (
          <Text size="sm" c="dimmed" ta="center" component="div">
            {children}
          </Text>
        )}
        {action}
      </Stack>
    </Paper>
  )
}
