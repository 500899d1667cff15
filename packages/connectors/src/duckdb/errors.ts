import { ConfigError, DataError, FatalError, isMillraceError, type MillraceError, TransientError } from '@millrace/core'

/** DuckDB's errors have no code, only a kind before the first colon: `Binder Error: …`. `what` names the database or statement. */
export function duckdbError(error: unknown, what: string): MillraceError {
  if (isMillraceError(error)) return error as MillraceError
  const text = flatten(error)
  const cause = error
  const details = { engine: 'duckdb', error: text }
  if (/Conflicting lock is held|Could not set lock/.test(text)) {
    const pid = /\(PID (\d+)\)/.exec(text)?.[1]
    return new ConfigError('DATABASE_LOCKED', {
      message: `The DuckDB file ${what} is in use by another process${pid ? ` (pid ${pid})` : ''}. DuckDB lets only one process write a file: close the other one, or copy to another file.`,
      details,
      cause,
    })
  }
  if (/not a valid DuckDB database file/.test(text)) {
    return new ConfigError('NOT_A_DATABASE', { message: `The file ${what} is not a DuckDB database.`, details, cause })
  }
  if (/No space left on device|ENOSPC|max_temp_directory_size|failed to offload/i.test(text)) {
    return new FatalError('DISK_FULL', {
      message: `The disk is full: ${text} Free some space and run it again.`,
      details,
      cause,
    })
  }
  if (/^Out of Memory Error/i.test(text)) {
    return new FatalError('OUT_OF_MEMORY', {
      message: `DuckDB ran out of its memory limit: ${text} Raise it with the setting memory_limit.`,
      details,
      cause,
    })
  }
  if (/^(INTERRUPT|Interrupt)/.test(text)) {
    return new TransientError('INTERRUPTED', {
      message: `The DuckDB statement on ${what} was interrupted.`,
      details,
      cause,
    })
  }
  if (/^TransactionContext Error|^Transaction.*conflict/i.test(text)) {
    return new TransientError('WRITE_CONFLICT', {
      message: `DuckDB refused the change of ${what} since another transaction changed the same rows: ${text}`,
      details,
      cause,
    })
  }
  if (/^(Constraint|Conversion|Out of Range|Invalid Input) Error/i.test(text)) {
    return new DataError('DATA_REJECTED', { message: `DuckDB refused the data of ${what}: ${text}`, details, cause })
  }
  if (/^(Parser|Binder|Catalog|Syntax|Permission|Dependency|Not implemented|IO) Error/i.test(text)) {
    return new ConfigError('STATEMENT_FAILED', {
      message: `DuckDB refused the statement on ${what}: ${text}`,
      details,
      cause,
    })
  }
  return new FatalError('DUCKDB_FAILED', { message: `DuckDB failed on ${what}: ${text}`, details, cause })
}

function flatten(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  // The caret under the statement's text helps nobody once the lines are joined.
  return (text.split('\n\nLINE ')[0] ?? text).replaceAll(/\s+/g, ' ').trim()
}
