import type { Logger, PlatformSettings } from '@millrace/core'
import type { Db } from '@millrace/db'
import type { Authenticate, Principal } from '@millrace/http'
import type { Authz } from '../authz/index.ts'
import { administrator, anonymous, bearer, dummyUsers, metricsReader, workerTokens } from './authenticators.ts'
import { createInternalTokens, type InternalTokens } from './internal-tokens.ts'
import { type KnownUsers, knownUsers } from './known-users.ts'
import { createOidc, type Oidc } from './oidc.ts'
import { sessionUsers } from './sessions.ts'

export interface AuthenticationOptions {
  readonly db: Db
  readonly authz: Authz
  readonly settings: PlatformSettings
  readonly log: Logger
  readonly adminToken: string
  /** Takes a JSON object as a bearer token for the user that it describes. For tests only. */
  readonly dummyUsers: boolean
}

export interface Authentication {
  /** In order; the last knows everybody, if only as nobody. */
  readonly chain: readonly Authenticate<Principal>[]
  /** The same for whoever asked before and still listens, which keeps no session from running out. */
  readonly listeners: readonly Authenticate<Principal>[]
  readonly oidc: Oidc | null
  readonly internalTokens: InternalTokens
  readonly users: KnownUsers
}

/** @throws ConfigError OIDC_ISSUER_INVALID, OIDC_ALGORITHM_INVALID. */
export function createAuthentication(options: AuthenticationOptions): Authentication {
  const { db, authz, settings, log, adminToken } = options
  const users = knownUsers({ db, authz })
  const oidc = createOidc(settings, log)
  const internalTokens = createInternalTokens(settings, adminToken)
  const sessions = sessionUsers({ db, oidc, settings, users, log })
  const known = [
    administrator(adminToken),
    workerTokens(db),
    ...(settings.metricsToken === null ? [] : [metricsReader(settings.metricsToken)]),
    ...(options.dummyUsers ? [dummyUsers(users)] : []),
    bearer({ db, oidc, internalTokens, users, settings }),
  ]
  const chain = (isAsking: boolean) => [
    ...known,
    anonymous({ sessions: async (session) => await sessions(session, isAsking), settings }),
  ]
  return { ...{ oidc, internalTokens, users }, chain: chain(true), listeners: chain(false) }
}
