import { Alert, Anchor, Stack } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { apiQuery, useUser } from '../api/index.ts'
import { EmptyState, Loaded, Page } from '../ui/index.ts'
import type { Provider } from './provider-schema.ts'
import { ServiceCard } from './service-card.tsx'

const most = { params: { query: { per_page: 100 } } }

/** Services that the person connects, so that repositories and data there can be reached. */
export function ServicesPage() {
  const { is_admin } = useUser()
  const providers = useQuery(apiQuery('/api/data/oauth2/providers', most))
  const connections = useQuery(apiQuery('/api/data/oauth2/connections', most))
  return (
    <Page
      title="Connected services"
      about="Connect a service, and the platform reaches your repositories and data there as you."
      actions={
        is_admin && (
          <Anchor component={Link} to="/admin/services" size="sm">
            Set up services
          </Anchor>
        )
      }
    >
      <Loaded query={providers}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState title="No services to connect">
              {is_admin
                ? 'Set up a service in the administration first.'
                : 'An administrator sets up services, such as GitLab or GitHub.'}
            </EmptyState>
          ) : (
            <Loaded query={connections}>
              {(mine) => (
                <Stack gap="sm" maw={820}>
                  <CameBack providers={found} connected={mine.filter(isConnected).map((one) => one.provider_id)} />
                  {found.map((provider) => (
                    <ServiceCard
                      key={provider.id}
                      provider={provider}
                      connection={mine.find(({ provider_id }) => provider_id === provider.id)}
                    />
                  ))}
                </Stack>
              )}
            </Loaded>
          )
        }
      </Loaded>
    </Page>
  )
}

function isConnected({ status }: { readonly status: string }): boolean {
  return status === 'connected'
}

interface CameBackProps {
  readonly providers: readonly Provider[]
  /** Ids of providers. */
  readonly connected: readonly string[]
}

/** What came of going to a service, once the person is back. */
function CameBack({ providers, connected }: CameBackProps) {
  const { back } = useSearch({ from: '/shell/services' })
  const provider = providers.find(({ id }) => id === back)
  if (provider === undefined) return null
  return connected.includes(provider.id) ? (
    <Alert
      role="status"
      color="green"
      icon={<IconCheck aria-hidden />}
      title={`${provider.display_name} is connected`}
    />
  ) : (
    <Alert
      role="alert"
      color="red"
      icon={<IconAlertTriangle aria-hidden />}
      title={`${provider.display_name} is not connected`}
    >
      The service did not agree, or the way there was left. Try it once more.
    </Alert>
  )
}
