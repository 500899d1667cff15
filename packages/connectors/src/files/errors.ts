import { ConfigError, FatalError, isMillraceError } from '@millrace/core'

/** What the file system said, in our tree of errors. */
export function fileError(error: unknown, path: string): unknown {
  if (isMillraceError(error)) return error
  const { code } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new FatalError('DISK_FULL', {
        message: `There is no room left for "${path}". Free some space and run the copy again; the target is as it was.`,
        cause: error,
      })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ConfigError('PERMISSION_DENIED', {
        message: `"${path}" may not be written by this user. Change its permissions, or choose another path.`,
        cause: error,
      })
    case 'ENOTDIR':
    case 'EEXIST':
      return new ConfigError('NOT_A_FOLDER', {
        message: `A part of the path "${path}" is a file where a folder is needed. Choose another path.`,
        cause: error,
      })
    case 'EISDIR':
      return new ConfigError('IS_A_FOLDER', {
        message: `"${path}" is a folder. Name a file, or end the path with "/" to write files into the folder.`,
        cause: error,
      })
    case 'ENAMETOOLONG':
      return new ConfigError('NAME_TOO_LONG', {
        message: `The file system does not take a name as long as "${path}".`,
        cause: error,
      })
    case 'ENOENT':
      return new ConfigError('FILE_NOT_FOUND', { message: `There is no file "${path}". Check the path.`, cause: error })
    default:
      return error
  }
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
