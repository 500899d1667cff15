import type { Json } from './json.ts'

/** Thrown by a task that has nothing to do: it ends as skipped, and so do the nodes that need its success. */
export class SkipTask extends Error {
  override readonly name = 'SkipTask'
  constructor(reason: string) {
    super(reason)
  }
}

/**
 * Thrown by a task that waits for something outside: its slot is free until `seconds` have passed, then it is run again,
 * with `state` in its context. It is no failure and takes no retry.
 */
export class DeferTask extends Error {
  override readonly name = 'DeferTask'
  readonly seconds: number
  readonly state: Json | undefined
  constructor(reason: string, { seconds, state }: { readonly seconds: number; readonly state?: Json }) {
    super(reason)
    this.seconds = seconds
    this.state = state
  }
}
