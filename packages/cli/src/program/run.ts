import type { Context } from '../context.ts'

/** Runs a command and takes its exit code; the command's code is loaded by `work`, when it is first wanted. */
export type Run = (work: (context: Context) => Promise<number>) => Promise<void>
