import { Anchor, Badge, Group, Stack, Text, Title } from '@mantine/core'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useId } from 'react'
import styles from './section.module.css'

interface SectionProps {
  readonly title: string
  readonly count?: number
  /** Where all of it is. */
  readonly more?: { readonly label: string; readonly link: LinkProps }
  /** Instead of the list when there is nothing in it. */
  readonly empty?: ReactNode
  readonly children: ReactNode
}

/** A list of the home page under its heading. */
export function Section({ title, count, more, empty, children }: SectionProps) {
  const id = useId()
  return (
    <section aria-labelledby={id}>
      <Group justify="space-between" mb="xs" wrap="nowrap">
        <Group gap="xs">
          <Title order={2} id={id}>
            {title}
          </Title>
          {count !== undefined && count > 0 && (
            <Badge variant="default" className="numeric">
              {count}
            </Badge>
          )}
        </Group>
        {more !== undefined && (
          <Anchor component={Link} {...(more.link as object)} size="sm">
            {more.label}
          </Anchor>
        )}
      </Group>
      {count === 0 ? (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      ) : (
        <Stack component="ul" gap={0} m={0} p={0} className={styles.list}>
          {children}
        </Stack>
      )}
    </section>
  )
}

/** A line of such a list. */
export function Line({ children }: { readonly children: ReactNode }) {
  return <li className={styles.line}>{children}</li>
}
