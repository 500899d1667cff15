/** What the server process and the engine process tell each other. */
export type ToEngine =
  | { readonly kind: 'run'; readonly id: number; readonly statement: EngineStatement }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'close' }

export type FromEngine =
  | { readonly kind: 'ready'; readonly version: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'done'; readonly id: number; readonly outcome: Outcome }
  | { readonly kind: 'error'; readonly id: number; readonly code: number; readonly message: string }

export interface EngineStatement {
  readonly sql: string
  readonly database?: string
  readonly settings?: Readonly<Record<string, string>>
  /** Values of `{name:Type}` in the statement. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly readonly?: 1 | 2
  /** Whether the rows that are written are to be counted; the rows that are read are not, then. */
  readonly writes?: boolean
  /** Of the result, when it comes back in memory. Default TabSeparated. */
  readonly format?: string
}

export interface Outcome {
  /** The result, unless the statement sent it elsewhere. */
  readonly bytes: Uint8Array
  readonly seconds: number
  readonly rowsRead: number
  readonly bytesRead: number
  readonly rowsWritten: number
  readonly bytesWritten: number
}
