/** What the server answered in place of a result. The message is a full sentence with the next step. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  /** 1000 plus the status, or a more exact number where one is documented. */
  readonly code: number
  /** Stable name of what went wrong, such as `RUN_MISSING`. */
  readonly detail: string | undefined
  /** Finds the request in the log of the server. */
  readonly traceId: string | undefined

  constructor(
    status: number,
    error: {
      readonly code: number
      readonly message: string
      readonly detail?: string | undefined
      readonly trace_id?: string | undefined
    },
  ) {
    super(error.message)
    this.status = status
    this.code = error.code
    this.detail = error.detail
    this.traceId = error.trace_id
  }
}

/** The server gave no answer: it is not there, or the connection broke. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'

  constructor(url: string, cause: unknown) {
    super(
      `The server ${new URL(url).origin} cannot be reached: ${reasonOf(cause)}. Check its address, and that it runs.`,
      {
        cause,
      },
    )
  }
}

/** The reason stands in the cause of what `fetch` throws. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}

/** The error of an answer that is none of success. */
export async function errorOf(response: Response): Promise<ApiError> {
  const { status } = response
  const body: unknown = await response.json().catch(() => null)
  if (isErrorBody(body)) return new ApiError(status, body.error)
  const message = `The server answered with status ${status} and nothing that can be read. Check that the address is that of a Millrace server.`
  return new ApiError(status, { code: 1000 + status, message })
}

function isErrorBody(body: unknown): body is { readonly error: { readonly code: number; readonly message: string } } {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false
  const { error } = body
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
}
