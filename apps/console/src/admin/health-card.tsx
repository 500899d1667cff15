import { Anchor, Paper, Title } from '@mantine/core'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'

interface HealthCardProps {
  readonly title: string
  /** Where more of it stands. */
  readonly link?: LinkProps
  readonly children: ReactNode
}

export function HealthCard({ title, link, children }: HealthCardProps) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Title order={2} size="h5" mb={6}>
        {link === undefined ? (
          title
        ) : (
          <Anchor inherit component={Link} {...(link as object)}>
            {title}
          </Anchor>
        )}
      </Title>
      {children}
    </Paper>
  )
}
