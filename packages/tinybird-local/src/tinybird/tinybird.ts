import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from '../engine/engine.ts'
import { quoteName } from '../engine/quote.ts'
import type { Faults } from './faults.ts'
import type { BodyLimits } from './incoming.ts'
import type { Jobs } from './jobs.ts'
import type { Lanes } from './lanes.ts'
import { staging } from './load.ts'
import type { RateLimiter } from './rate-limits.ts'

/** What the handlers of the API share. */
export interface Tinybird {
  readonly engine: Engine
  readonly jobs: Jobs
  /** Writes to one data source are done in turn. */
  readonly lanes: Lanes
  readonly faults: Faults
  readonly rateLimiter: RateLimiter
  readonly limits: BodyLimits
  readonly token: string
  url(): string
}

export interface Reply {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Removes what loads left behind that a crash cut off; nobody has seen any of it. */
export async function clearStaging(engine: Engine): Promise<void> {
  await engine.run({ sql: `DROP DATABASE IF EXISTS ${quoteName(staging)} SYNC` })
  await engine.run({ sql: `CREATE DATABASE ${quoteName(staging)} ENGINE = Atomic` })
  const uploads = join(engine.directory, 'uploads')
  await rm(uploads, { recursive: true, force: true })
  await mkdir(uploads, { recursive: true })
}
