import type { StreamMessage } from '../kit/stream.ts'

/** A message that was read: one JSON object on one line, metadata included. */
export interface StreamRow {
  readonly message: StreamMessage
  readonly json: Buffer
}

/** A message that cannot be taken, and why. */
export interface Rejection {
  readonly message: StreamMessage
  readonly code: string
  /** A sentence. */
  readonly reason: string
}

export interface AppendResult {
  readonly rows: number
  readonly quarantined: number
  readonly rejected: readonly Rejection[]
}

export interface StreamDestination extends AsyncDisposable {
  readonly label: string
  /**
   * Resolves when all rows but the rejected ones are durable; on any error none need be. A DataError
   * means that some of these rows are at fault, and that fewer of them may be taken.
   */
  append(rows: readonly StreamRow[], signal: AbortSignal | undefined): Promise<AppendResult>
}
