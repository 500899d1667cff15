import { HTTPError } from './errors.ts'
import { errorText, parseAnswer, record, textOf } from './parse-answer.ts'
import type { Redirected } from './redirects.ts'

/** How one attempt ended. */
export type Outcome = Redirected | { readonly error: unknown }

export function statusOf(outcome: Outcome): number {
  return 'answer' in outcome ? outcome.answer.status : 0
}

/** What Tinybird, or the network, says about it, as the end of a sentence; may hold what the caller has sent. */
export function reasonOf(outcome: Outcome): string {
  if ('answer' in outcome) return errorText(parseAnswer(outcome.answer.text)) ?? 'without a reason'
  const { error } = outcome
  if (!(error instanceof Error)) return String(error)
  // Several addresses were tried, and each has its own error.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ')
  return messageOf(error)
}

/** Trying again would not help: the host does not exist, its certificate is not trusted, or the time is up. */
export function isHopeless(error: unknown): boolean {
  const { code, limit } = record(error)
  if (limit === 'deadlineMs') return true
  return typeof code === 'string' && /ENOTFOUND|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|EPROTO/.test(code)
}

export function httpError(
  outcome: Outcome,
  request: {
    readonly method: string
    readonly path: string
    readonly url: URL
    readonly attempts: number
    readonly runId: string | undefined
  },
  clean: (text: string) => string,
): HTTPError {
  const { method, path, attempts, runId } = request
  const status = statusOf(outcome)
  const reason = sentence(reasonOf(outcome))
  const repeated = attempts > 1 ? ` after ${attempts} attempts` : ''
  const what =
    status === 0
      ? `${method} ${path} got no answer from ${request.url.host}${repeated}: ${reason}`
      : `Tinybird answered ${method} ${path} with ${status}${repeated}: ${reason}`
  const body = record('answer' in outcome ? parseAnswer(outcome.answer.text) : null)
  const importId = textOf(body.import_id)
  return new HTTPError({
    method,
    url: clean(String(request.url)),
    status,
    jobId: textOf(body.job_id),
    message: clean(`${what} ${nextStep(status, method, elsewhere(outcome, request.url))}`),
    details: { attempts, ...(importId === null ? {} : { importId }), ...(runId === undefined ? {} : { runId }) },
    ...('error' in outcome ? { cause: outcome.error } : {}),
  })
}

/** The host that answered, when a redirect has led there and so without the token. */
function elsewhere(outcome: Outcome, url: URL): string | null {
  return 'answer' in outcome && outcome.url.hostname !== url.hostname ? outcome.url.hostname : null
}

function nextStep(status: number, method: string, host: string | null): string {
  if (host !== null) {
    return `The request was redirected to ${host}, which does not get the token: give the address of the workspace's own region as endpoint.`
  }
  switch (status) {
    case 0:
      return method === 'GET'
        ? 'Check the endpoint and the network.'
        : 'Check the endpoint and the network, and whether the request took effect before you repeat it.'
    case 400:
      return 'Change the request or the data.'
    case 401:
    case 403:
      return "Check the token, its scopes, and that the endpoint is the one of the workspace's region."
    case 404:
      return "Check the name, and that the endpoint is the one of the workspace's region."
    case 408:
      return 'Ask for less at once; a load may have been written in spite of this, so look before you repeat it.'
    case 409:
      return 'Remove what depends on it first.'
    case 411:
      return 'The server wants to know the length in advance: load a file instead of a stream.'
    case 413:
      return 'Send less at once.'
    case 422:
      return 'A part was written and a materialized view failed: sending the rows again may duplicate some, not sending them may lose some. Compare before you decide.'
    case 429:
      return 'Send fewer requests, or try again later.'
    default:
      if (status < 300) return 'That is no answer of Tinybird: check the endpoint.'
      if (status < 400) return 'Give the address to which it redirects as endpoint.'
      return method === 'GET' || status < 500
        ? 'Try again later.'
        : 'Look whether the request took effect before you repeat it.'
  }
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
