import type { Db } from '@millrace/db'
import type { ArtifactStore } from './artifacts.ts'
import { VersionGraphs } from './runs/version-graph.ts'

/** What the functions of the engine work on. Several of them, in several processes, may share a database. */
export interface Engine {
  readonly db: Db
  readonly artifacts: ArtifactStore
  readonly graphs: VersionGraphs
  /** How long a worker may be silent, in seconds. */
  readonly leaseSeconds: number
  readonly failureReports: FailureReporting | null
}

export interface FailureReporting {
  /** Where people read the log of a task run. Default: the messages have no address. */
  readonly logUrl?: (at: { readonly runId: number; readonly taskRunId: number }) => string
}

export interface EngineOptions {
  /** Migrated to the engine's schema. */
  readonly db: Db
  readonly artifacts: ArtifactStore
  /** Default 30. */
  readonly leaseSeconds?: number
  /** Keeps a message of every failed task for `startFailureReports`, which somebody has to run. Default null: none. */
  readonly failureReports?: FailureReporting | null
}

export function createEngine({ db, artifacts, leaseSeconds = 30, failureReports = null }: EngineOptions): Engine {
  return { db, artifacts, graphs: new VersionGraphs(), leaseSeconds, failureReports }
}
