import { ConfigError, DataError, FatalError, isMillraceError, TransientError } from '@millrace/core'

/** SQLite's primary result codes in our tree of errors. */
export function sqliteError(error: unknown, path: string): unknown {
  if (isMillraceError(error)) return error
  const { code, errcode, message = '' } = error as { code?: string; errcode?: number; message?: string }
  if (code !== 'ERR_SQLITE_ERROR' || errcode === undefined) return error
  const details = { engine: 'sqlite', errcode }
  const with_ = (sentence: string) => ({ message: sentence, details, cause: error })
  switch (errcode & 0xff) {
    case 5:
    case 6:
      return new TransientError(
        'DATABASE_LOCKED',
        with_(`The SQLite file "${path}" is in use by another process that writes it. Try again when it is done.`),
      )
    case 8:
    case 3:
    case 23:
      return new ConfigError(
        'PERMISSION_DENIED',
        with_(
          `The SQLite file "${path}" may not be written: ${message}. Check the permissions of the file and its folder.`,
        ),
      )
    case 11:
    case 26:
      return new ConfigError(
        'NOT_A_DATABASE',
        with_(`The file "${path}" is not a SQLite database, or it is damaged: ${message}.`),
      )
    case 13:
      return new FatalError(
        'DISK_FULL',
        with_(`There is no room left for "${path}". Free some space and run it again; the target is as it was.`),
      )
    case 14:
      return new ConfigError(
        'DATABASE_NOT_FOUND',
        with_(`The SQLite file "${path}" cannot be opened. Check the path; it is taken from the current directory.`),
      )
    case 18:
    case 19:
    case 20:
      return new DataError('DATA_REJECTED', with_(`SQLite refused the data: ${message}.`))
    case 1:
      return new ConfigError('STATEMENT_FAILED', with_(`SQLite refused the statement on "${path}": ${message}.`))
    default:
      return new FatalError('SQLITE_FAILED', with_(`SQLite failed on "${path}": ${message}.`))
  }
}
