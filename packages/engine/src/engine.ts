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
}

export interface EngineOptions {
  /** Migrated to the engine's schema. */
  readonly db: Db
  readonly artifacts: ArtifactStore
  /** Default 30. */
  readonly leaseSeconds?: number
}

export function createEngine({ db, artifacts, leaseSeconds = 30 }: EngineOptions): Engine {
  return { db, artifacts, graphs: new VersionGraphs(), leaseSeconds }
}
