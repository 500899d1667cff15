import { Anchor, Breadcrumbs, Group, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'

interface PageProps {
  /** Also of the browser's tab. */
  readonly title: string
  /** Places above this page, the outermost first. */
  readonly above?: readonly { readonly label: string; readonly link: LinkProps }[]
  /** Beside the title: a state, a visibility. */
  readonly mark?: ReactNode
  /** One or two sentences under the title. */
  readonly about?: ReactNode
  /** Buttons for the whole page. */
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** The frame of every page: where it is, what it is called, what can be done with it. */
export function Page({ title, above = [], mark, about, actions, children }: PageProps) {
  useDocumentTitle(`${title} · Millrace`)
  return (
    <Stack gap="md">
      {above.length > 0 && (
        <Breadcrumbs component="nav" aria-label="Above this page" separatorMargin={6}>
          {above.map(({ label, link }) => (
            <Anchor key={label} size="sm" component={Link} {...(link as object)}>
              {label}
            </Anchor>
          ))}
        </Breadcrumbs>
      )}
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={4} miw={0}>
          <Group gap="sm">
            <Title order={1} style={{ overflowWrap: 'anywhere' }}>
              {title}
            </Title>
            {mark}
          </Group>
          {about !== undefined && (
            <Text c="dimmed" size="sm" component="div">
              {about}
            </Text>
          )}
        </Stack>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  )
}
