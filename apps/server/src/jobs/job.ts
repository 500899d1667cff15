import type { PlatformSettings } from '@millrace/core'
import type { ServerContext } from '../server-context.ts'

/** Counts and the like, for those who look at what a job did. */
export type JobSummary = Readonly<Record<string, unknown>>

/**
 * Work of the server beside requests. It may begin again after a crash in its middle, and has to bear that. Of a job one run is
 * under way at a time, on whichever server.
 */
export interface Job {
  readonly name: string
  readonly description: string
  /** A cron expression in UTC, or null: only when somebody asks. Of ticks that were missed the latest counts. */
  readonly schedule: string | null | ((settings: PlatformSettings) => string | null)
  /** Ends soon when the signal fires; then another server begins it again. */
  readonly run: (context: ServerContext, signal: AbortSignal) => Promise<JobSummary>
}
