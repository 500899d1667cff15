import { Anchor, Text } from '@mantine/core'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { Schema } from '../../api/index.ts'
import { Line, Section } from './section.tsx'

type Need = Schema<'Need'>

/** What nobody else can do; left out where there is nothing. */
export function NeedsMe({ needs }: { readonly needs: readonly Need[] }) {
  if (needs.length === 0) return null
  return (
    <Section title="Needs you" count={needs.length}>
      {needs.map((need) => {
        const { link, detail } = placeOf(need)
        return (
          <Line key={`${need.kind} ${need.title}`}>
            <Anchor component={Link} {...(link as object)} fw={600} size="sm">
              {need.title}
            </Anchor>
            {detail !== undefined && (
              <Text size="sm" c="dimmed">
                {detail}
              </Text>
            )}
          </Line>
        )
      })}
    </Section>
  )
}

/** Where the person does it. */
function placeOf(need: Need): { readonly link: LinkProps; readonly detail?: string } {
  switch (need.kind) {
    case 'connected_service':
      return {
        link: { to: '/services' },
        detail: 'Its token is no longer good, so nothing can be read from it for you.',
      }
    case 'session_secrets':
      return { link: { to: '/secrets' }, detail: `Missing: ${need.slots.map(({ name }) => name).join(', ')}` }
    case 'backfill':
      return {
        link: { to: '/workflows/$workflow/backfills', params: { workflow: need.workflow } as never },
        detail: 'It is paused, and makes no runs until then.',
      }
    case 'pipeline':
      return {
        link: { to: '/pipelines/$pipeline', params: { pipeline: need.pipeline } as never },
        detail: need.message,
      }
  }
}
