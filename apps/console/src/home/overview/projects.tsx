import { Anchor, Group, Text } from '@mantine/core'
import { IconPin } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { apiQuery, useUser } from '../../api/index.ts'
import { recentProjects } from '../../projects/index.ts'
import { Line, Section } from './section.tsx'

const most = 8

interface Shown {
  /** `namespace/slug`. */
  readonly path: string
  readonly name?: string
  readonly isPinned: boolean
}

/** Those that the person pinned, then those visited last in this browser, then others that there are. */
export function Projects() {
  const { id: user } = useUser()
  const [visited] = useState(() => new Map(recentProjects(user).map(({ path, name }) => [path, name])))
  const preferences = useQuery(apiQuery('/api/data/user/preferences'))
  const listed = useQuery(apiQuery('/api/data/projects', { params: { query: { per_page: most } } }))
  const pinned = preferences.data?.pinned_projects.project_slugs ?? []
  const names = new Map(listed.data?.map(({ namespace, slug, name }) => [`${namespace}/${slug}`, name]))
  const paths = new Set([...pinned, ...visited.keys(), ...names.keys()])
  const shown: readonly Shown[] = [...paths].slice(0, most).map((path) => {
    const name = names.get(path) ?? visited.get(path)
    return { path, isPinned: pinned.includes(path), ...(name === undefined ? {} : { name }) }
  })
  if (listed.data === undefined) return null
  return (
    <Section
      title="Projects"
      count={shown.length}
      more={{ label: 'All projects', link: { to: '/projects' } }}
      empty={
        <Anchor component={Link} to="/projects/new" size="sm">
          Make the first project
        </Anchor>
      }
    >
      {shown.map(({ path, name, isPinned }) => {
        const [namespace = '', project = ''] = path.split('/')
        return (
          <Line key={path}>
            <Group gap="xs" wrap="nowrap">
              {isPinned && <IconPin size={14} role="img" aria-label="Pinned" style={{ flex: 'none' }} />}
              <Text size="sm" truncate>
                <Anchor
                  component={Link}
                  to="/projects/$namespace/$project"
                  params={{ namespace, project } as never}
                  fw={600}
                  size="sm"
                >
                  {name ?? project}
                </Anchor>{' '}
                <Text span c="dimmed" size="sm">
                  {path}
                </Text>
              </Text>
            </Group>
          </Line>
        )
      })}
    </Section>
  )
}
