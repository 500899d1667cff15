import { IconApi, IconBell, IconBucket, IconDatabase, IconWaveSine } from '@tabler/icons-react'
import type { Schema } from '../api/index.ts'

export type Connector = Schema<'Connector'>

export const kindLooks: Readonly<Record<Connector['kind'], { readonly label: string; readonly icon: typeof IconApi }>> =
  {
    sql: { label: 'Databases', icon: IconDatabase },
    'object-store': { label: 'Files and object stores', icon: IconBucket },
    stream: { label: 'Streams', icon: IconWaveSine },
    notify: { label: 'Notifications', icon: IconBell },
    api: { label: 'APIs', icon: IconApi },
  }

/** What connections of it are good for. */
export function abilities({ capabilities }: Connector): readonly string[] {
  const { source, sink, query, stream, notify } = capabilities
  return [
    ...(source ? ['copy from'] : []),
    ...(sink ? ['copy to'] : []),
    ...(query ? ['query'] : []),
    ...(stream ? ['stream'] : []),
    ...(notify ? ['notify'] : []),
  ]
}

export function matches(connector: Connector, search: string): boolean {
  const text = `${connector.title} ${connector.name} ${connector.schemes.join(' ')}`.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
