import type { PlatformSettings } from '@millrace/core'
import type { Secrets } from './secrets.ts'

/** What a command sees of the process it runs in. */
export interface Context {
  readonly settings: PlatformSettings
  readonly signal: AbortSignal
  readonly secrets: Secrets
  /** The arguments as given, for the command that a person is told to run again. */
  readonly args: readonly string[]
  /** Writes what the command is asked for. */
  readonly out: (text: string) => void
  /** Writes what a person wants to know about it. */
  readonly err: (text: string) => void
  /** Lets the command take so long, in milliseconds, to end after it was asked to. Default 5,000. */
  readonly holdOpen: (ms: number) => void
}

/** Exit codes, by how to recover. */
export const exitCodes = {
  done: 0,
  fatal: 1,
  usage: 2,
  transient: 3,
  data: 4,
  different: 5,
  interrupted: 130,
  terminated: 143,
} as const
