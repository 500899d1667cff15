export interface BenchContext {
  readonly rows: number
  /** A folder in memory where the system has one; all files of all cases are written there. */
  readonly folder: string
  /** The start of a Millrace command line, quoted for the shell. */
  readonly millrace: string
  /** Whether a block of this title was asked for; a server is only started for a block that was. */
  readonly wants: (title: string) => boolean
  readonly tell: (text: string) => void
  /** Ends servers, last started first. */
  readonly cleanUp: AsyncDisposableStack
}
