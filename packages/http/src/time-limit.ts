import { HttpError } from './http-error.ts'

/**
 * Waits for the work, at most so long; then the controller fires and the work's outcome is of no more interest.
 *
 * @throws HttpError 504 when it took too long.
 */
export async function withinTime<T>(work: Promise<T>, limitMs: number, controller: AbortController): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = tooLate(limitMs)
      controller.abort(error)
      reject(error)
    }, limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function tooLate(limitMs: number): HttpError {
  return new HttpError(
    504,
    'REQUEST_TIMEOUT',
    `The server gave the request up after ${limitMs / 1000} s. Part of it may have been done: look before you repeat it, or ask for less at once.`,
  )
}
