import type { Api, HttpError, Principal } from '@millrace/http'

/** Somebody who signed in. */
export interface UserPrincipal extends Principal {
  readonly kind: 'user'
  readonly isAdmin: boolean
  readonly email: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  /** What the token is good for, or of an internal one, what it was made for; null: everything that its owner may do. */
  readonly scopes: readonly string[] | null
  /** How it was shown who calls; `administrator`: by the token of the platform's administrator, who is no user. */
  readonly via: 'oidc' | 'session' | 'token' | 'internal' | 'administrator' | 'dummy'
}

export interface AnonymousPrincipal extends Principal {
  readonly kind: 'anonymous'
  readonly isAdmin: false
  /** Why the token or cookie that was sent makes nobody of the caller; thrown where sign-in is demanded. */
  readonly refusal?: HttpError
}

export interface WorkerPrincipal extends Principal {
  readonly kind: 'worker'
  /** Queues that the token is good for; null: all. */
  readonly queues: readonly string[] | null
}

/** Who may call, by what endpoints say in `access`. `open` is for everybody, and knows who calls. */
export type ServerAccess = {
  readonly open: UserPrincipal | AnonymousPrincipal
  readonly user: UserPrincipal
  readonly admin: UserPrincipal
  readonly worker: WorkerPrincipal
  /** Administrators, and whoever has the token for metrics. */
  readonly metrics: Principal
}

export type ServerApi = Api<ServerAccess>
