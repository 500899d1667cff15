import { EngineError } from '../engine/engine-error.ts'

const documentation = 'https://www.tinybird.co/docs/api-reference'

/** An answer that is no success, in Tinybird's shape: `{error, documentation}`. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    error: string,
    extra: { readonly body?: Record<string, unknown>; readonly headers?: Record<string, string> } = {},
  ) {
    super(error)
    this.status = status
    this.body = { error, documentation, ...extra.body }
    this.headers = extra.headers ?? {}
  }
}

/** What ClickHouse refuses is the request's fault, except where only the server can be. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (isAboutUpload(error)) {
    return new ApiError(400, `The data broke off, or could not be uncompressed: ${error.message}`)
  }
  if (!(error instanceof EngineError)) return new ApiError(500, 'An unexpected error occurred in the local Tinybird.')
  const text = `[Error] ${error.message.replace(/^Code: \d+\. DB::Exception: /, '')}`
  if (error.code === 60 || error.code === 81) return new ApiError(404, text)
  if (error.code === 159 || error.code === 160) return new ApiError(408, text)
  if (error.code === 164 || error.code === 497) return new ApiError(403, text)
  if (error.code === 236 || error.code === 241 || error.code === 243 || error.code === 394) {
    return new ApiError(500, text)
  }
  return new ApiError(400, text)
}

function isAboutUpload(error: unknown): error is Error {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return error instanceof Error && typeof code === 'string' && /^(Z_|ERR_STREAM_PREMATURE|ECONNRESET)/.test(code)
}
