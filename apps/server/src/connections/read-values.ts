import type { PlatformSettings } from '@millrace/core'
import type { Queryable } from '@millrace/db'
import { unseal } from '../secrets/index.ts'
import { ownerOf, type Place } from './place.ts'
import { type Config, type Connection, readSealed } from './store.ts'

/**
 * All settings of a connection, secrets included: for the task that names it, and for trying it.
 *
 * @throws as `unseal`
 */
export async function readValues(
  context: { readonly db: Queryable; readonly settings: PlatformSettings },
  connection: Connection,
): Promise<Config> {
  const sealed = await readSealed(context.db, connection.id)
  const ids = sealed.map(({ sealed }) => sealed)
  const opened = await unseal(context, ownerOf(placeOf(connection)), ids)
  return { ...connection.config, ...Object.fromEntries(sealed.map(({ name }, index) => [name, opened[index] ?? ''])) }
}

function placeOf({ projectId, namespaceId }: Connection): Place {
  if (projectId !== null) return { kind: 'project', id: projectId }
  return namespaceId === null ? { kind: 'platform' } : { kind: 'namespace', id: namespaceId }
}
