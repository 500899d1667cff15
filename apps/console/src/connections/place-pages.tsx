import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { apiQuery } from '../api/index.ts'
import { Loaded, Page } from '../ui/index.ts'
import { ConnectionDetails } from './connection-details.tsx'
import { ConnectionList, NewConnectionButton } from './connection-list.tsx'
import { NewConnection } from './new-connection.tsx'
import { type Place, placeLinks } from './place.ts'
import { useWrite } from './use-write.ts'

/** Pages of connections that belong to no project: of a namespace, or of the platform. */
export function PlaceConnectionsPage() {
  return (
    <WithPlace>
      {(place, name) => (
        <Page
          title={`Connections of ${name}`}
          above={[{ label: 'Connections', link: { to: '/connections' } }]}
          about={
            place.kind === 'platform'
              ? 'Tasks of every project may name these.'
              : `Tasks of every project in ${name} may name these.`
          }
          actions={<IfWriter place={place} />}
        >
          <ConnectionList place={place} />
        </Page>
      )}
    </WithPlace>
  )
}

function IfWriter({ place }: { readonly place: Place }) {
  return useWrite(place) === true ? <NewConnectionButton place={place} /> : null
}

export function NewPlaceConnectionPage() {
  return (
    <WithPlace>
      {(place, name) => (
        <Page title="New connection" above={aboveOf(place, name)}>
          <NewConnection place={place} />
        </Page>
      )}
    </WithPlace>
  )
}

export function PlaceConnectionPage() {
  const { connection = '' } = useParams({ strict: false }) as { connection?: string }
  return (
    <WithPlace>
      {(place, name) => (
        <Page title="Connection" above={aboveOf(place, name)}>
          <ConnectionDetails key={connection} place={place} id={connection} />
        </Page>
      )}
    </WithPlace>
  )
}

function aboveOf(place: Place, name: string) {
  return [
    { label: 'Connections', link: { to: '/connections' } as const },
    { label: name, link: placeLinks(place).list },
  ]
}

/** Which place the address names. */
function WithPlace({ children }: { readonly children: (place: Place, name: string) => ReactNode }) {
  const { namespace } = useParams({ strict: false }) as { namespace?: string }
  if (namespace === undefined) return children({ kind: 'platform' }, 'the platform')
  return <OfNamespace slug={namespace}>{children}</OfNamespace>
}

function OfNamespace({
  slug,
  children,
}: {
  readonly slug: string
  readonly children: (place: Place, name: string) => ReactNode
}) {
  const namespace = useQuery(apiQuery('/api/data/namespaces/{slug}', { params: { path: { slug } } }))
  return (
    <Loaded query={namespace}>
      {({ name, namespace_kind }) =>
        children({ kind: 'namespace', slug, isGroup: namespace_kind === 'group' }, name || slug)
      }
    </Loaded>
  )
}
