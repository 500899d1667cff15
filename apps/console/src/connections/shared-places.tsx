import { Anchor, Badge } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiAll, useUser } from '../api/index.ts'
import { DataTable, Loaded } from '../ui/index.ts'
import { placeLinks } from './place.ts'

/** Namespaces and the platform: what has connections for several projects, and where a new one is made. */
export function SharedPlaces() {
  const { is_admin } = useUser()
  const namespaces = useQuery(apiAll('/api/data/namespaces'))
  return (
    <Loaded query={namespaces} lines={3}>
      {(found) => (
        <DataTable
          label="Namespaces"
          rows={[
            ...(is_admin ? [{ slug: '', name: 'The platform', kind: 'all projects' }] : []),
            ...found
              .filter(({ namespace_kind }) => namespace_kind !== 'project')
              .map(({ slug, name, namespace_kind }) => ({ slug, name: name || slug, kind: namespace_kind })),
          ]}
          rowKey={({ slug }) => slug}
          columns={[
            {
              title: 'Of',
              cell: ({ slug, name }) => (
                <Anchor
                  size="sm"
                  component={Link}
                  {...(placeLinks(slug === '' ? { kind: 'platform' } : { kind: 'namespace', slug, isGroup: true })
                    .list as { to: '.' })}
                >
                  {name}
                </Anchor>
              ),
            },
            {
              title: 'For tasks of',
              cell: ({ kind, slug }) => (
                <Badge variant="default" tt="none">
                  {kind === 'group' ? `projects of the group ${slug}` : kind === 'user' ? 'your own projects' : kind}
                </Badge>
              ),
            },
          ]}
        />
      )}
    </Loaded>
  )
}
