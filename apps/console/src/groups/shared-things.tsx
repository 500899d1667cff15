import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Facts, Panel } from '../ui/index.ts'
import { useGroup } from './use-group.ts'
import { useShared } from './use-shared.ts'

/** Connections and secrets that tasks of all projects of the group may use. */
export function SharedThings() {
  const { slug } = useGroup()
  const { connections, secrets } = useShared()
  // Who is no member sees neither.
  if (connections === undefined) return null
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
              renderRoot={(props) => <Link {...props} to="/groups/$group/connections" params={{ group: slug }} />}
            >
              {counted(connections, 'connection')}
            </Anchor>,
          ],
          ...(secrets === undefined
            ? []
            : [
                [
                  'Secrets',
                  <Anchor
                    key="secrets"
                    inherit
                    renderRoot={(props) => <Link {...props} to="/secrets/of/$namespace" params={{ namespace: slug }} />}
                  >
                    {counted(secrets, 'secret')}
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
