import { ConfigError, parseSchedule, type Schedule } from '@millrace/core'
import { sql } from '@millrace/db'
import { type Json, resolveParams } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { findVersion, findWorkflow } from '../workflows.ts'

/** Beyond this somebody has mistaken the schedule, or the year. */
export const maxBackfillTicks = 100_000

export interface NewBackfill {
  readonly workflow: string
  /** Default: the current one, which stays the backfill's when another is deployed. */
  readonly version?: string
  /** Ticks from here on, */
  readonly start: Date
  /** and before here. What is not past yet is left out. */
  readonly end: Date
  readonly params?: Readonly<Record<string, Json>>
  /** Runs at a time. Default 1. */
  readonly maxActiveRuns?: number
  /** Whether ticks that have a run already get none, or another one. Default `skip`. */
  readonly existing?: 'skip' | 'again'
}

export interface PlannedBackfill {
  readonly workflowId: number
  readonly versionId: number
  readonly version: string
  readonly start: Date
  /** Not after now. */
  readonly end: Date
  readonly schedule: Schedule
  /** Oldest first. */
  readonly ticks: readonly Date[]
}

/**
 * What a backfill is going to be; nothing is written.
 *
 * @throws ConfigError `BACKFILL_WITHOUT_SCHEDULE`, `BACKFILL_RANGE_INVALID`, `BACKFILL_TOO_LARGE`, `BACKFILL_EMPTY`,
 *   `BACKFILL_LIMIT_INVALID`, and what is said of parameters that do not fit
 * @throws DataError `WORKFLOW_MISSING`, `WORKFLOW_VERSION_MISSING`
 */
export async function planBackfill(engine: Engine, request: NewBackfill): Promise<PlannedBackfill> {
  const { db } = engine
  const workflow = await findWorkflow(db, request.workflow)
  const versionId = await findVersion(db, workflow, request.version)
  const { manifest } = await engine.graphs.get(db, versionId)
  if (manifest.schedule === null) {
    throw new ConfigError('BACKFILL_WITHOUT_SCHEDULE', {
      message: `Workflow ${manifest.name} ${manifest.version} has no schedule, so it has no ticks to fill in. Give it a schedule, or start single runs by "millrace trigger ${manifest.name}".`,
      details: { workflow: manifest.name, version: manifest.version },
    })
  }
  const { start, maxActiveRuns = 1 } = request
  if (!Number.isInteger(maxActiveRuns) || maxActiveRuns < 1) {
    throw new ConfigError('BACKFILL_LIMIT_INVALID', {
      message: `A backfill cannot have ${maxActiveRuns} active runs at most. Give a whole number from 1 on.`,
    })
  }
  if (!(request.end > start)) {
    throw new ConfigError('BACKFILL_RANGE_INVALID', {
      message:
        'The range of a backfill has to end after it starts. Give both as dates, such as 2026-01-01 and 2026-02-01.',
    })
  }
  resolveParams(manifest, request.params ?? {})
  const { now } = await db.one<{ now: Date }>(sql`select now()`)
  const end = request.end < now ? request.end : now
  const schedule = parseSchedule(manifest.schedule)
  const ticks = schedule.between(start, end, maxBackfillTicks + 1)
  const range = `between ${start.toISOString()} and ${end.toISOString()}`
  if (ticks.length > maxBackfillTicks) {
    throw new ConfigError('BACKFILL_TOO_LARGE', {
      message: `The schedule "${schedule.cron}" of ${manifest.name} has more than ${maxBackfillTicks} ticks ${range}. Fill in a shorter range at a time.`,
    })
  }
  if (ticks.length === 0) {
    throw new ConfigError('BACKFILL_EMPTY', {
      message: `The schedule "${schedule.cron}" (${schedule.timezone}) of ${manifest.name} has no tick ${range} that is past. The start belongs to the range, the end does not.`,
    })
  }
  return { workflowId: workflow.id, versionId, version: manifest.version, start, end, schedule, ticks }
}
