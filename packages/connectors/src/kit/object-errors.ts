import { ConfigError, DataError, FatalError, TransientError } from '@millrace/core'

// Causes are copied to plain errors: what drivers throw can hold requests with signatures in them.
interface Context {
  readonly cause?: unknown
}

export function bucketNotFound(place: string, { cause }: Context = {}): ConfigError {
  return new ConfigError('BUCKET_NOT_FOUND', {
    message: `There is no ${place}, or it may not be seen with these credentials. Check its name, the region and the endpoint.`,
    ...withCause(cause),
  })
}

export function objectNotFound(uri: string, { cause }: Context = {}): ConfigError {
  return new ConfigError('OBJECT_NOT_FOUND', {
    message: `There is no object ${uri}. Check its key; keys distinguish upper and lower case.`,
    ...withCause(cause),
  })
}

export function accessDenied(place: string, why: string, { cause }: Context = {}): ConfigError {
  return new ConfigError('ACCESS_DENIED', {
    message: `The store refused access to ${place}: ${why}`,
    ...withCause(cause),
  })
}

export function objectExists(uri: string, { cause }: Context = {}): ConfigError {
  return new ConfigError('OBJECT_EXISTS', {
    message: `There is an object ${uri} already, and it was to be made only where there is none. Choose another key, or remove it first.`,
    ...withCause(cause),
  })
}

export function objectChanged(uri: string, { cause }: Context = {}): DataError {
  return new DataError('OBJECT_CHANGED', {
    message: `The object ${uri} is not the one it was any more: somebody replaced or removed it meanwhile. Start again with its present content.`,
    ...withCause(cause),
  })
}

export function storeUnavailable(place: string, why: string, { cause }: Context = {}): TransientError {
  return new TransientError('STORE_UNAVAILABLE', {
    message: `${place} cannot be reached now: ${why}. Try again; if it stays so, check the endpoint and the network.`,
    ...withCause(cause),
  })
}

export function storeFailed(place: string, why: string, { cause }: Context = {}): FatalError {
  return new FatalError('STORE_FAILED', {
    message: `${place} did not do what it was asked for: ${why}.`,
    ...withCause(cause),
  })
}

/** What arrived is not what was sent. */
export function writeDamaged(uri: string, sent: number, stored: number): FatalError {
  return new FatalError('WRITE_DAMAGED', {
    message: `The store says it holds ${stored} bytes at ${uri}, and ${sent} were sent. The object was removed; write it again.`,
  })
}

const networkCodes = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'],
  ...['ENETUNREACH', 'EHOSTDOWN', 'ERR_STREAM_PREMATURE_CLOSE', 'UND_ERR_SOCKET'],
])

/** In words, when a request did not get to the store or its answer did not get back; otherwise null. */
export function networkFailure(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code, errors } = at as { code?: unknown; errors?: unknown }
    if (typeof code === 'string' && networkCodes.has(code)) return at.message === '' ? code : flat(at.message)
    if (Array.isArray(errors) && errors.length > 0) return networkFailure(errors[0])
    if (/socket hang up|aborted|premature close|timed? ?out|terminated/i.test(at.message)) return flat(at.message)
  }
  return null
}

export function flat(message: string): string {
  return message.trim().replace(/\s+/g, ' ').replace(/\.$/, '')
}

function withCause(cause: unknown): { cause?: Error } {
  if (!(cause instanceof Error)) return {}
  const plain = new Error(withoutQueries(cause.message))
  plain.name = cause.name
  const { code } = cause as { code?: unknown }
  return { cause: typeof code === 'string' ? Object.assign(plain, { code }) : plain }
}

/** The query of a signed address is as good as a password. */
export function withoutQueries(text: string): string {
  return text.replace(/(https?:\/\/[^\s?"'<>]+)\?[^\s"'<>]*/g, '$1?***')
}
