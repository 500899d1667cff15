import { ConfigError } from '@millrace/core'
import { type Db, sql } from '@millrace/db'
import { revokeAccess, revokeAdministration } from '../authentication/index.ts'
import { syncAdmins } from '../authz/index.ts'
import { change } from '../change.ts'
import { type Job, type JobSummary, readJobState, writeJobState } from '../jobs/index.ts'
import { removeUser } from '../removal/index.ts'
import type { ServerContext } from '../server-context.ts'
import { findUser, saveUser } from '../users/index.ts'
import { connectKeycloak, isKeycloakSet, type Keycloak, type KeycloakUser } from './keycloak.ts'

/** Events of Keycloak can appear a little after their time. */
const overlapMs = 10 * 60_000

interface SyncState {
  /** Up to when events were looked at, ISO 8601. */
  readonly syncedAt: string
}

type Outcome = 'added' | 'updated' | 'unchanged' | 'removed'

/** Users whom something happened to since the last time; all of them while there are none. */
export const userSync: Job = {
  name: 'user-sync',
  description: 'Brings users to what Keycloak says of those that changed since the last time.',
  schedule: (settings) => (isKeycloakSet(settings) ? '*/2 * * * *' : null),
  async run(context, signal) {
    const keycloak = await connectKeycloak(context.settings, signal)
    const startedAt = new Date()
    const state = await readJobState<SyncState>(context.db, userSync.name)
    const summary =
      state === null || (await hasNoUsers(context.db))
        ? await syncAll(context, keycloak, signal)
        : await syncSome(context, keycloak, new Date(Date.parse(state.syncedAt) - overlapMs), signal)
    await writeJobState(context.db, userSync.name, { syncedAt: startedAt.toISOString() } satisfies SyncState)
    return summary
  },
}

export const fullUserSync: Job = {
  name: 'full-user-sync',
  description: 'Brings all users to what Keycloak says, and removes those that it has no more.',
  schedule: (settings) => (isKeycloakSet(settings) ? '23 */3 * * *' : null),
  async run(context, signal) {
    return await syncAll(context, await connectKeycloak(context.settings, signal), signal)
  },
}

export const adminSync: Job = {
  name: 'admin-sync',
  description: 'Makes those administrators of the platform who have the role in Keycloak, and no others.',
  schedule: (settings) => (isKeycloakSet(settings) ? '*/2 * * * *' : null),
  async run({ db, authz, settings }, signal) {
    const keycloak = await connectKeycloak(settings, signal)
    const ids = await keycloak.holders(settings.oidcAdminRole)
    const { added, removed } = await change(db, { id: 'job:admin-sync' }, async (trx) => {
      const changed = await syncAdmins(trx, authz, ids)
      await revokeAdministration(trx, changed.removed)
      return changed
    })
    return { administrators: ids.length, added: added.length, removed: removed.length }
  },
}

async function syncSome(
  context: ServerContext,
  keycloak: Keycloak,
  since: Date,
  signal: AbortSignal,
): Promise<JobSummary> {
  const outcomes: Outcome[] = []
  for (const id of await keycloak.changedUsers(since)) {
    signal.throwIfAborted()
    const user = await keycloak.user(id)
    outcomes.push(user === null ? await remove(context, userSync.name, id) : await save(context, userSync.name, user))
  }
  return { since: since.toISOString(), ...countsOf(outcomes) }
}

async function syncAll(context: ServerContext, keycloak: Keycloak, signal: AbortSignal): Promise<JobSummary> {
  const outcomes: Outcome[] = []
  const seen = new Set<string>()
  const known = await context.db.query<{ id: string }>(sql`select id from users."user"`)
  for await (const page of keycloak.users()) {
    for (const user of page) {
      signal.throwIfAborted()
      seen.add(user.id)
      outcomes.push(await save(context, fullUserSync.name, user))
    }
  }
  if (seen.size === 0 && known.length > 0) {
    throw new ConfigError('KEYCLOAK_EMPTY', {
      message: `Keycloak has no users, and there are ${known.length} here. Nobody is removed; check MILLRACE_KEYCLOAK_REALM.`,
    })
  }
  for (const { id } of known) {
    if (seen.has(id)) continue
    signal.throwIfAborted()
    // Who came while the pages were read can be on none of them.
    if ((await keycloak.user(id)) === null) outcomes.push(await remove(context, fullUserSync.name, id))
  }
  return { all: true, ...countsOf(outcomes) }
}

async function save({ db, authz }: ServerContext, job: string, user: KeycloakUser): Promise<Outcome> {
  return await change(db, { id: `job:${job}` }, async (trx) => {
    const outcome = await saveUser(trx, authz, user)
    // Sessions and tokens are good without asking Keycloak each time.
    if (!user.enabled) await revokeAccess(trx, user.id)
    return outcome
  })
}

async function remove(context: ServerContext, job: string, id: string): Promise<Outcome> {
  return await change(context.db, { id: `job:${job}` }, async (trx) => {
    if ((await findUser(trx, id)) === undefined) return 'unchanged'
    await removeUser(trx, context, id)
    return 'removed'
  })
}

function countsOf(outcomes: readonly Outcome[]): JobSummary {
  const count = (wanted: Outcome) => outcomes.filter((outcome) => outcome === wanted).length
  return {
    ...{ added: count('added'), updated: count('updated'), removed: count('removed'), unchanged: count('unchanged') },
  }
}

async function hasNoUsers(db: Db): Promise<boolean> {
  return (await db.maybe(sql`select from users."user" limit 1`)) === undefined
}
