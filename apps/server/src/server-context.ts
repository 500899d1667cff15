import type { Logger } from '@millrace/core'
import type { Engine, WorkerApi } from '@millrace/engine'
import type { Api, Principal } from '@millrace/http'
import type { RunChanges } from './runs/index.ts'
import type { LogChanges } from './task-runs/index.ts'

/** Whoever holds the token of the administrator. */
export interface UserPrincipal extends Principal {
  readonly kind: 'user'
}

export interface WorkerPrincipal extends Principal {
  readonly kind: 'worker'
  /** Queues that the token is good for; null: all. */
  readonly queues: readonly string[] | null
}

export type ServerPrincipal = UserPrincipal | WorkerPrincipal
export type ServerApi = Api<ServerPrincipal>

/** What the features of the server work on. */
export interface ServerContext {
  readonly engine: Engine
  readonly workerApi: WorkerApi
  readonly runChanges: RunChanges
  readonly logChanges: LogChanges
  readonly log: Logger
}
