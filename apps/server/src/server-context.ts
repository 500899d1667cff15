import type { Logger, PlatformSettings } from '@millrace/core'
import type { Db } from '@millrace/db'
import type { Engine, WorkerApi } from '@millrace/engine'
import type { InternalTokens } from './authentication/internal-tokens.ts'
import type { Authz } from './authz/authz.ts'
import type { OpenStreams } from './open-streams.ts'
import type { RunChanges } from './runs/run-changes.ts'
import type { SharedReads } from './sharing-reads.ts'
import type { LogChanges } from './task-runs/log-changes.ts'
import type { WorkflowAccess } from './workflow-access/workflow-access.ts'

/** What the features of the server work on. */
export interface ServerContext {
  readonly db: Db
  /** For what many ask for at once: alike statements at the same time are sent once, see `sharingReads`. */
  readonly reads: SharedReads
  readonly engine: Engine
  readonly workerApi: WorkerApi
  readonly runChanges: RunChanges
  readonly logChanges: LogChanges
  readonly log: Logger
  readonly authz: Authz
  readonly workflowAccess: WorkflowAccess
  readonly streams: OpenStreams
  readonly settings: PlatformSettings
  /** Tokens for what runs for a user. */
  readonly internalTokens: InternalTokens
}
