import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiPage } from '../api/index.ts'
import { Facts, Panel } from '../ui/index.ts'
import { useGroup } from './use-group.ts'

/** Connections and secrets that tasks of all projects of the group may use. */
export function SharedThings() {
  const { slug } = useGroup()
  const params = { path: { slug }, query: { per_page: 1 } }
  // Who is no member sees neither.
  const connections = useQuery({ ...apiPage('/api/namespaces/{slug}/connections', { params }), retry: false })
  const secrets = useQuery({ ...apiPage('/api/namespaces/{slug}/secrets', { params }), retry: false })
  if (connections.data === undefined) return null
  return (
    <Panel title="Shared by its projects">
      <Text size="sm" c="dimmed">
        Tasks of every project of the group may use these.
      </Text>
      <Facts
        label="Shared by its projects"
        facts={[
          [
            'Connections',
            <Anchor
              key="connections"
              inherit
              renderRoot={(props) => <Link {...props} to="/connections/of/$namespace" params={{ namespace: slug }} />}
            >
              {counted(connections.data.total, 'connection')}
            </Anchor>,
          ],
          ...(secrets.data === undefined
            ? []
            : [
                [
                  'Secrets',
                  <Anchor
                    key="secrets"
                    inherit
                    renderRoot={(props) => <Link {...props} to="/secrets/of/$namespace" params={{ namespace: slug }} />}
                  >
                    {counted(secrets.data.total, 'secret')}
                  </Anchor>,
                ] as const,
              ]),
        ]}
      />
    </Panel>
  )
}

function counted(count: number, of: string): string {
  return count === 0 ? `No ${of}s yet` : count === 1 ? `1 ${of}` : `${count} ${of}s`
}
