import { Alert, Anchor, Badge, Button, Group, Paper, Text, Title } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { ApiError, api, apiQuery, invalidate, type Schema } from '../api/index.ts'
import { Failure, Loaded, RemoveButton } from '../ui/index.ts'
import { Installations } from './installations.tsx'
import type { Provider } from './provider-schema.ts'

interface ServiceCardProps {
  readonly provider: Provider
  readonly connection: Schema<'ServiceConnection'> | undefined
}

/** A service: whether the person has connected it, as whom, and what to do. */
export function ServiceCard({ provider, connection }: ServiceCardProps) {
  const { display_name, url } = provider
  const isConnected = connection?.status === 'connected'
  return (
    <Paper withBorder p="md" component="section" aria-label={display_name}>
      <Group justify="space-between" align="flex-start">
        <div>
          <Group gap="xs">
            <Title order={2} size="h4">
              {display_name}
            </Title>
            <Badge color={isConnected ? 'green' : 'gray'} variant="light">
              {isConnected ? 'connected' : connection === undefined ? 'not connected' : 'not finished'}
            </Badge>
          </Group>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {url}
          </Text>
        </div>
        <Group gap="xs">
          {!isConnected && (
            <ConnectLink providerId={provider.id}>
              {connection === undefined ? `Connect ${display_name}` : `Go on connecting ${display_name}`}
            </ConnectLink>
          )}
          {connection !== undefined && (
            <RemoveButton
              title={`Disconnect ${display_name}`}
              text="The platform forgets its tokens, and reaches what is private there no longer. What you agreed to at the service is taken back there."
              action="Disconnect"
              onRemove={async () => {
                await api.delete('/api/data/oauth2/connections/{connection_id}', {
                  params: { path: { connection_id: connection.id } },
                })
                await invalidate('/api/data/oauth2/connections')
              }}
            />
          )}
        </Group>
      </Group>
      {connection !== undefined && isConnected && <Account provider={provider} connectionId={connection.id} />}
    </Paper>
  )
}

interface AccountProps {
  readonly provider: Provider
  readonly connectionId: string
}

function Account({ provider, connectionId }: AccountProps) {
  const account = useQuery({
    ...apiQuery('/api/data/oauth2/connections/{connection_id}/account', {
      params: { path: { connection_id: connectionId } },
    }),
    staleTime: 60_000,
    retry: false,
  })
  const { error } = account
  if (error instanceof ApiError && error.detail === 'RECONNECT_NEEDED') {
    return (
      <Alert
        mt="sm"
        color="orange"
        role="alert"
        icon={<IconAlertTriangle aria-hidden />}
        title="The service takes the tokens no longer"
      >
        <Text size="sm" mb="xs">
          They have expired or were taken back there. Connect again to go on.
        </Text>
        <ConnectLink providerId={provider.id}>Connect again</ConnectLink>
      </Alert>
    )
  }
  if (error !== null)
    return <Failure error={error} title="The account could not be read" onRetry={() => void account.refetch()} />
  return (
    <>
      <Loaded query={account} lines={1}>
        {({ username, web_url }) => (
          <Text size="sm" mt="xs">
            As{' '}
            {web_url === undefined ? (
              username
            ) : (
              <Anchor size="sm" href={web_url} target="_blank" rel="noreferrer">
                {username}
              </Anchor>
            )}
          </Text>
        )}
      </Loaded>
      {provider.app_slug !== '' && <Installations provider={provider} connectionId={connectionId} />}
    </>
  )
}

/** Leads to the service; it leads back to the page of services. */
function ConnectLink({ providerId, children }: { readonly providerId: string; readonly children: string }) {
  const next = `/services?back=${encodeURIComponent(providerId)}`
  return (
    <Button
      component="a"
      size="xs"
      href={`/api/data/oauth2/providers/${encodeURIComponent(providerId)}/authorize?next_url=${encodeURIComponent(next)}`}
    >
      {children}
    </Button>
  )
}
