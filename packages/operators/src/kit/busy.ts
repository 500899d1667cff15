import { isMillraceError } from '@millrace/core'
import { DeferTask, type Json } from '@millrace/workflow'

/** What another task, or an attempt that was given up, holds for now: files of databases, targets of loads. */
const held = new Set(['DATABASE_LOCKED', 'DATABASE_IN_USE', 'LOAD_RUNNING'])
const patienceSeconds = 3600

type Waiting = { readonly busySince?: string; readonly busyLooks?: number; readonly busySeconds?: number }

/**
 * Turns the error of something that another task holds into a deferral, for an hour at most: tasks that use one file take
 * turns, instead of failing each other. Null for any other error, and for one after the work had begun.
 */
export function deferWhileHeld(error: unknown, state: Json | undefined): DeferTask | null {
  if (!isMillraceError(error) || !held.has(error.code) || Number(error.details.statement ?? 1) > 1) return null
  const before = (typeof state === 'object' && state !== null ? state : {}) as Waiting & Readonly<Record<string, Json>>
  const { busySince = new Date().toISOString(), busyLooks = 0, busySeconds = 0 } = before
  // Pauses count as well where they take no time, as in tests of workflows.
  if (Math.max((Date.now() - Date.parse(busySince)) / 1000, busySeconds) > patienceSeconds) return null
  const seconds = Math.min(30, 2 ** busyLooks)
  return new DeferTask(`waiting for what another task holds: ${error.message}`, {
    seconds,
    state: { ...before, busySince, busyLooks: busyLooks + 1, busySeconds: busySeconds + seconds },
  })
}
