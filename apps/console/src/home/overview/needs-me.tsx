import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import { apiQuery, type Schema } from '../../api/index.ts'
import { Line, Section } from './section.tsx'

type Need = Schema<'Need'>

/** What nobody else can do; left out where there is nothing. */
export function NeedsMe({ needs }: { readonly needs: readonly Need[] }) {
  if (needs.length === 0) return null
  return (
    <Section title="Needs you" count={needs.length}>
      {needs.map((need) => (
        <Line key={`${need.kind} ${need.title}`}>
          {need.kind === 'session_secrets' ? <SecretsLine need={need} /> : <NeedLine need={need} {...placeOf(need)} />}
        </Line>
      ))}
    </Section>
  )
}

interface NeedLineProps {
  readonly need: Need
  readonly link: LinkProps
  readonly detail?: string
}

function NeedLine({ need, link, detail }: NeedLineProps) {
  return (
    <>
      <Anchor component={Link} {...(link as object)} fw={600} size="sm">
        {need.title}
      </Anchor>
      {detail !== undefined && (
        <Text size="sm" c="dimmed">
          {detail}
        </Text>
      )}
    </>
  )
}

/** Slots are filled on the page of their project, of which the id is known. */
function SecretsLine({ need }: { readonly need: Extract<Need, { kind: 'session_secrets' }> }) {
  const project = useQuery(
    apiQuery('/api/data/projects/{project_id}', { params: { path: { project_id: need.project_id } } }),
  )
  const { namespace, slug } = project.data ?? {}
  const link: LinkProps =
    slug === undefined
      ? { to: '/projects' }
      : { to: '/projects/$namespace/$project/secrets', params: { namespace, project: slug } as never }
  return <NeedLine need={need} link={link} detail={`Missing: ${need.slots.map(({ name }) => name).join(', ')}`} />
}

/** Where the person does it. */
function placeOf(need: Exclude<Need, { kind: 'session_secrets' }>): {
  readonly link: LinkProps
  readonly detail?: string
} {
  switch (need.kind) {
    case 'connected_service':
      return {
        link: { to: '/services' },
        detail: 'Its token is no longer good, so nothing can be read from it for you.',
      }
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
