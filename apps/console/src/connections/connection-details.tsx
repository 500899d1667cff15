import { Button, Group, Stack, Tabs, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { apiQuery, queryClient } from '../api/index.ts'
import { confirm, Failure, Loaded, Moment, NotFound } from '../ui/index.ts'
import { ConnectionData } from './connection-data.tsx'
import { ConnectionSettings } from './connection-settings.tsx'
import { ConnectionUses } from './connection-uses.tsx'
import { ConnectorBadge } from './connector-catalogue.tsx'
import {
  allConnectionsQuery,
  type Connection,
  connectionQuery,
  deleteConnection,
  invalidateConnections,
  type Place,
  placeLinks,
  testConnection,
  usesQuery,
} from './place.ts'
import { TestAnswer } from './test-answer.tsx'
import { useWrite } from './use-write.ts'

interface ConnectionDetailsProps {
  readonly place: Place
  /** Its id, or its name: addresses with names can be written by hand, and linked to from a configuration. */
  readonly id: string
}

const idPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** One connection: what is at its other end, its settings, who uses it. */
export function ConnectionDetails({ place, id }: ConnectionDetailsProps) {
  return idPattern.test(id) ? <OfId place={place} id={id} /> : <OfName place={place} name={id} />
}

function OfId({ place, id }: ConnectionDetailsProps) {
  const connection = useQuery(connectionQuery(place, id))
  return <Loaded query={connection}>{(found) => <Details place={place} connection={found} />}</Loaded>
}

function OfName({ place, name }: { readonly place: Place; readonly name: string }) {
  const connections = useQuery(allConnectionsQuery(place))
  return (
    <Loaded query={connections}>
      {(all) => {
        const found = all.find((one) => one.name === name)
        return found === undefined ? <NotFound /> : <OfId place={place} id={found.id} />
      }}
    </Loaded>
  )
}

function Details({ place, connection }: { readonly place: Place; readonly connection: Connection }) {
  const { id, name, description, connector } = connection
  const search = useSearch({ strict: false }) as { tab?: string }
  const navigate = useNavigate()
  const mayWrite = useWrite(place)
  const connectors = useQuery({ ...apiQuery('/api/connectors'), staleTime: Number.POSITIVE_INFINITY })
  const capabilities = connectors.data?.find((one) => one.name === connector)?.capabilities
  const trial = useMutation({
    mutationFn: async () => await testConnection(place, id),
    meta: { showsFailure: true },
  })
  const remove = useMutation({
    mutationFn: async () => await deleteConnection(place, id),
    onSuccess: async () => {
      void navigate({ ...(placeLinks(place).list as object) } as never)
      await invalidateConnections(place)
    },
  })
  const askToRemove = async () => {
    const uses = await queryClient.fetchQuery(usesQuery(place, id)).catch(() => [])
    const workflows = [...new Set(uses.filter(({ current }) => current).map(({ workflow }) => workflow))]
    const agreed = await confirm({
      title: `Remove the connection ${name}?`,
      text:
        workflows.length === 0
          ? 'No workflow that you may see names it. Its settings and secrets are gone afterwards; data at the other end stays.'
          : `Tasks of ${workflows.join(', ')} name it and fail from then on. Its settings and secrets are gone afterwards; data at the other end stays.`,
      action: 'Remove',
    })
    if (agreed) remove.mutate()
  }
  const mayBrowse = mayWrite === true && capabilities?.source !== false
  const tab = search.tab ?? (mayBrowse && mayWrite !== undefined ? 'data' : 'settings')
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Group gap="sm">
            <Title order={2} style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Title>
            <ConnectorBadge name={connector} {...(connectors.data ? { connectors: connectors.data } : {})} />
          </Group>
          {description !== undefined && (
            <Text size="sm" c="dimmed">
              {description}
            </Text>
          )}
          <Text size="xs" c="dimmed">
            Changed <Moment at={connection.updated_at} />
            {connection.last_used_at === undefined ? (
              ' · never used by a task'
            ) : (
              <>
                {' · last used by a task '}
                <Moment at={connection.last_used_at} />
              </>
            )}
          </Text>
        </div>
        {mayWrite === true && (
          <Group gap="xs">
            {place.kind === 'project' && capabilities?.source === true && <CopyFrom place={place} name={name} />}
            <Button loading={trial.isPending} onClick={() => trial.mutate()}>
              Test
            </Button>
            <Button
              variant="default"
              c="var(--mantine-color-error)"
              loading={remove.isPending}
              onClick={() => void askToRemove()}
            >
              Remove
            </Button>
          </Group>
        )}
      </Group>
      {trial.data !== undefined && <TestAnswer answer={trial.data} />}
      {trial.error !== null && <Failure title="This could not be tested" error={trial.error} />}
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => void navigate({ to: '.', search: { tab: next ?? undefined } } as never)}
      >
        <Tabs.List>
          {mayBrowse && <Tabs.Tab value="data">Tables and files</Tabs.Tab>}
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
          <Tabs.Tab value="uses">Used by</Tabs.Tab>
        </Tabs.List>
        {mayBrowse && (
          <Tabs.Panel value="data" pt="md">
            <ConnectionData place={place} id={id} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="settings" pt="md">
          <ConnectionSettings place={place} connection={connection} mayWrite={mayWrite === true} />
        </Tabs.Panel>
        <Tabs.Panel value="uses" pt="md">
          <ConnectionUses place={place} id={id} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  )
}

function CopyFrom({ place, name }: { readonly place: Extract<Place, { kind: 'project' }>; readonly name: string }) {
  const params = { namespace: place.namespace, project: place.slug }
  return (
    <Button
      variant="default"
      renderRoot={(props) => (
        <Link {...props} to="/projects/$namespace/$project/copies/new" params={params} search={{ from: name }} />
      )}
    >
      Copy data
    </Button>
  )
}
