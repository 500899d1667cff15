import { isMillraceError } from '@millrace/core'
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
  const { severity, where, detail } = fields
  if (severity !== undefined && where?.startsWith('COPY ')) {
    const place = `At ${where}.`
    return postgresError(
      Object.assign(error, { detail: detail ? `${detail} ${place}` : place, where: undefined }),
      label,
    )
  }
  const ofConnection =
    /^E[A-Z]+$/.test(fields.code ?? '') || /^(Connection|Client|timeout|The server does not)/.test(error.message)
  return severity !== undefined || ofConnection ? postgresError(error, label) : error
}

export const sqlState = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
