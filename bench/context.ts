export interface BenchContext {
  readonly rows: number
  /** A folder in memory where the system has one; all files of all cases are written there. */
  readonly folder: string
  /** The start of a Millrace command line, quoted for the shell. */
  readonly millrace: string
  readonly tell: (text: string) => void
  /** Ends servers, last started first. */
  readonly cleanUp: AsyncDisposableStack
}
