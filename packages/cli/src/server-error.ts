import { ApiError, UnreachableError } from '@millrace/client'
import { ConfigError, FatalError, TransientError } from '@millrace/core'
import type { ServerAddress } from './server-connection.ts'

/** What the client throws, as an error of a command: with a stable code and the next step. Others stay as they are. */
export function explainServerError(error: unknown, address: ServerAddress): unknown {
  if (error instanceof ApiError) return ofAnswer(error, address)
  if (error instanceof UnreachableError || isCut(error)) return unreachable(error as Error, address)
  return error
}

/** The server's stable name of what went wrong; undefined for one that has none. */
export function codeOf(error: unknown): string | undefined {
  const detail = error instanceof ApiError ? error.detail : undefined
  return detail !== undefined && /^[A-Z][A-Z0-9_]+$/.test(detail) ? detail : undefined
}

function ofAnswer(error: ApiError, address: ServerAddress): Error {
  const { status, traceId } = error
  const details = { status, ...(traceId === undefined ? {} : { request: traceId }) }
  if (status === 401) {
    return new ConfigError('TOKEN_REFUSED', {
      message: `The server ${address.url} does not accept the token. ${nextToken(address)}`,
      details,
      cause: error,
    })
  }
  const given = codeOf(error)
  if ((given === 'SCOPE_MISSING' || given === 'ADMIN_REQUIRED') && address.tokenFrom === 'login') {
    return new ConfigError(given, {
      message: `${sentence(error.message)} If you are an administrator, sign in again with: millrace login ${address.url} --admin`,
      details,
      cause: error,
    })
  }
  if (status === 403 && (given === undefined || given === 'FORBIDDEN')) {
    return new ConfigError('TOKEN_INSUFFICIENT', {
      message: `${sentence(error.message)} The token may not do this: tokens of workers are for "millrace worker" only.`,
      details,
      cause: error,
    })
  }
  const code = given ?? `HTTP_${status}`
  if (status === 429 || (status > 500 && status < 600)) {
    return new TransientError(code, { message: error.message, details, cause: error })
  }
  if (status < 500) return new ConfigError(code, { message: error.message, details, cause: error })
  const where = traceId === undefined ? '' : ` The log of the server has more, under request ${traceId}.`
  return new FatalError(code, { message: `${sentence(error.message)}${where}`, details, cause: error })
}

function nextToken({ url, from, tokenFrom }: ServerAddress): string {
  switch (tokenFrom) {
    case 'dev':
      return `It is the one that "millrace dev" left in ${from}; stop that, and start it again.`
    case 'login':
      return `It has expired or was revoked. Sign in again with: millrace login ${url}`
    case 'given':
      return 'Set MILLRACE_TOKEN to a token of yours that is good still, or to the one that the server was started with (its MILLRACE_ADMIN_TOKEN).'
  }
}

function unreachable(error: Error, { url, from, tokenFrom }: ServerAddress): TransientError {
  const reason =
    error instanceof UnreachableError ? error.message.replace(/ Check its address.*$/, '') : cutMessage(url, error)
  const next =
    tokenFrom === 'dev' ? 'See whether "millrace dev" still runs.' : `Check that it runs, and its address in ${from}.`
  return new TransientError('SERVER_UNREACHABLE', { message: `${reason} ${next}`, cause: error })
}

function cutMessage(url: string, { message }: Error): string {
  return `The connection to the server ${url} was lost and could not be made again: ${sentence(message)}`
}

/** The platform says by a TypeError that an answer broke off; the client says that it found no more of it. */
function isCut(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (
    (error instanceof TypeError && /terminated|fetch failed|network|other side closed/i.test(error.message)) ||
    error.message === 'The server ended the stream.'
  )
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
