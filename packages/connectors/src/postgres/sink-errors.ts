import { FatalError, isMillraceError, TransientError } from '@millrace/core'
import { postgresError } from './errors.ts'

interface ServerFields {
  readonly severity?: string
  readonly code?: string
  readonly message?: string
  readonly detail?: string
  readonly where?: string
}

/**
 * A failed statement or connection in our own tree, with the row that COPY stumbled over. Errors
 * that neither the server nor the connection caused (the producer's own) stay as they are.
 */
export function sinkError(error: unknown, label: string): unknown {
  if (isMillraceError(error) || !(error instanceof Error)) return error
  const fields = error as ServerFields
  const { severity, where, detail, code } = fields
  if (severity !== undefined && code === '53100') {
    return new FatalError('DISK_FULL', {
      message: `${label} has no space left: ${error.message}. Make room and run the same command again.`,
      cause: error,
    })
  }
  if (severity !== undefined && where?.startsWith('COPY ')) {
    const place = `At ${where}.`
    return postgresError(
      Object.assign(error, { detail: detail ? `${detail} ${place}` : place, where: undefined }),
      label,
    )
  }
  // The driver's words for statements after the connection was lost, and while it is being closed.
  if (severity === undefined && /^(Client|Connection) /.test(error.message)) {
    return new TransientError('CONNECTION_LOST', {
      message: `The connection to ${label} was lost. Run the same command again: it goes on from the finished chunks.`,
      cause: error,
    })
  }
  return severity !== undefined || /^E[A-Z]+$/.test(code ?? '') ? postgresError(error, label) : error
}

export const sqlState = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
