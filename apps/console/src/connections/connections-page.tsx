import { Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'
import { Loaded, Page } from '../ui/index.ts'
import { AllConnections } from './all-connections.tsx'
import { ConnectorCatalogue } from './connector-catalogue.tsx'
import type { ConnectionsSearch } from './search.ts'
import { SharedPlaces } from './shared-places.tsx'

/** All connections, where they are shared, and what they can be made of. */
export function ConnectionsPage() {
  const { tab = 'all', search = '', kind = 'all' } = useSearch({ strict: false }) as ConnectionsSearch
  const navigate = useNavigate()
  const connectors = useQuery({ ...apiQuery('/api/connectors'), staleTime: Number.POSITIVE_INFINITY })
  const go = (next: ConnectionsSearch, replace = false) =>
    void navigate({ to: '.', replace, search: (before: object) => ({ ...before, page: undefined, ...next }) } as never)
  return (
    <Page
      title="Connections"
      about="A connection says how to reach a database, a store of files, a stream or an API. Those of a project are for its tasks, those of a namespace for all of its projects, those of the platform for everybody’s."
    >
      <Tabs value={tab} keepMounted={false} onChange={(next) => go({ tab: next ?? 'all' })}>
        <Tabs.List>
          <Tabs.Tab value="all">All</Tabs.Tab>
          <Tabs.Tab value="shared">Shared by projects</Tabs.Tab>
          <Tabs.Tab value="catalogue">Catalogue</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="all" pt="md">
          <AllConnections />
        </Tabs.Panel>
        <Tabs.Panel value="shared" pt="md">
          <SharedPlaces />
        </Tabs.Panel>
        <Tabs.Panel value="catalogue" pt="md">
          <Loaded query={connectors}>
            {(all) => (
              <ConnectorCatalogue connectors={all} search={search} kind={kind} onChange={(next) => go(next, true)} />
            )}
          </Loaded>
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}
