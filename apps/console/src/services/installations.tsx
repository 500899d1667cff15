import { Anchor, Badge, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '../api/index.ts'
import { Loaded } from '../ui/index.ts'
import type { Provider } from './provider-schema.ts'

interface InstallationsProps {
  readonly provider: Provider
  readonly connectionId: string
}

/** Where the GitHub App is installed: it reads repositories only there. */
export function Installations({ provider, connectionId }: InstallationsProps) {
  const installations = useQuery(
    apiQuery('/api/data/oauth2/connections/{connection_id}/installations', {
      params: { path: { connection_id: connectionId }, query: { per_page: 100 } },
    }),
  )
  const install = `${provider.url.replace(/\/$/, '')}/apps/${encodeURIComponent(provider.app_slug)}/installations/new`
  return (
    <Loaded query={installations} lines={1}>
      {(found) => (
        <Text size="sm" component="div">
          {found.length === 0 ? 'The app is installed nowhere, so it reads no private repository.' : 'Installed at'}
          <Group gap="xs">
            {found.map(({ id, account_login, account_web_url, repository_selection, suspended_at }) => (
              <Group key={id} gap={4}>
                <Anchor size="sm" href={account_web_url} target="_blank" rel="noreferrer">
                  {account_login}
                </Anchor>
                <Badge variant="default">
                  {suspended_at !== undefined ? 'suspended' : `${repository_selection} repositories`}
                </Badge>
              </Group>
            ))}
          </Group>
          <Anchor size="sm" href={install} target="_blank" rel="noreferrer">
            Install it somewhere else
          </Anchor>
        </Text>
      )}
    </Loaded>
  )
}
