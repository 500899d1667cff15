import { ConfigError, DataError, type MillraceError, parseRetryAfter, TransientError } from '@millrace/core'
import type { ConnectionConfig, Json, RunState, TaskRunState } from '@millrace/workflow'
import type { ExchangeAnswer, ExchangeRequest, LeaseRef, WorkerApi } from './worker-api.ts'

export interface HttpWorkerApiOptions {
  /** Of the server, such as `https://millrace.example.com`. */
  readonly url: string
  /** A worker token. */
  readonly token: string
}

/** How long an answer may take beyond what it was asked to wait, in milliseconds: a server that vanished never answers. */
const answerTimeoutMs = 15_000
const packageTimeoutMs = 300_000
/** The server takes 32 MiB at a time. */
const maxBodyCharacters = 8 * 1024 * 1024

/**
 * The engine over HTTP, for workers elsewhere. Connections are kept and used again.
 *
 * @throws ConfigError SERVER_URL_INVALID; of its methods `WORKER_TOKEN_REFUSED`.
 */
export function httpWorkerApi({ url, token }: HttpWorkerApiOptions): WorkerApi {
  const base = serverUrl(url)
  const call = async (
    path: string,
    { timeoutMs = answerTimeoutMs, signal, ...init }: CallOptions = {},
  ): Promise<Response> => {
    const timeout = AbortSignal.timeout(timeoutMs)
    let response: Response
    try {
      response = await fetch(`${base}/api/worker/${path}`, {
        ...init,
        // A redirect to another host would be sent the token's requests.
        redirect: 'error',
        headers: { authorization: `Bearer ${token}`, ...init.headers },
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      })
      if (response.ok) return response
    } catch (cause) {
      signal?.throwIfAborted()
      throw unreachable(base, cause)
    }
    throw await refusal(response, base)
  }
  const read = async <T>(path: string, options?: CallOptions): Promise<T> => {
    const response = await call(path, options)
    try {
      return (await response.json()) as T
    } catch (cause) {
      options?.signal?.throwIfAborted()
      throw unreachable(base, cause)
    }
  }
  const post = async <T>(path: string, body: string, options: CallOptions = {}): Promise<T> =>
    await read<T>(path, { ...options, method: 'POST', body, headers: { 'content-type': 'application/json' } })
  const attempt = (
    { taskRunId, attempt: number, workerId }: LeaseRef,
    rest: string,
    query: Record<string, string> = {},
  ) => `attempts/${taskRunId}/${number}/${rest}?${new URLSearchParams({ worker: workerId, ...query })}`

  return {
    async exchange(request, signal) {
      const settled: ExchangeAnswer['settled'][number][] = []
      const [last, ...earlier] = inParts(request).reverse()
      for (const part of earlier.reverse()) {
        settled.push(...(await post<ExchangeAnswer>('exchange', part, { signal })).settled)
      }
      const answer = await post<ExchangeAnswer>('exchange', last ?? '', {
        signal,
        timeoutMs: request.waitMs + answerTimeoutMs,
      })
      return { ...answer, settled: [...settled, ...answer.settled] }
    },

    async appendLog({ offset, ...lease }, lines) {
      await call(attempt(lease, 'log', { offset: `${offset}` }), {
        method: 'PUT',
        body: Buffer.from(lines),
        headers: { 'content-type': 'application/x-ndjson' },
      })
    },

    async output(lease, node) {
      const path = attempt(lease, 'output', { node })
      return (await read<{ value?: Json }>(path, { timeoutMs: packageTimeoutMs })).value ?? null
    },

    async package(sha256, signal) {
      const response = await call(`packages/${sha256}`, { signal, timeoutMs: packageTimeoutMs })
      try {
        return await response.bytes()
      } catch (cause) {
        signal.throwIfAborted()
        throw unreachable(base, cause)
      }
    },

    async connection(lease, name) {
      const path = attempt(lease, `connections/${encodeURIComponent(name)}`)
      return (await read<{ value: ConnectionConfig | null }>(path)).value
    },

    async secret(lease, name) {
      return (await read<{ value: string | null }>(attempt(lease, `secrets/${encodeURIComponent(name)}`))).value
    },

    async trigger(lease, request) {
      return (await post<{ run: string }>(attempt(lease, 'trigger'), JSON.stringify(request))).run
    },

    async runState(lease, runId) {
      return (await read<{ state: RunState }>(attempt(lease, `runs/${encodeURIComponent(runId)}`))).state
    },

    async findRun(lease, query) {
      const path = attempt(lease, 'find-run', query)
      return (await read<{ run: { runId: string; state: RunState } | null }>(path)).run
    },

    async taskState(lease, runId, node) {
      const path = attempt(lease, `runs/${encodeURIComponent(runId)}`, { node })
      return (await read<{ task: TaskRunState | null }>(path)).task
    },

    async goodbye(workerId) {
      await call('goodbye', {
        method: 'POST',
        body: JSON.stringify({ worker: workerId }),
        headers: { 'content-type': 'application/json' },
      })
    },
  }
}

interface CallOptions {
  readonly method?: string
  readonly body?: string | Buffer<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

function serverUrl(text: string): string {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '') {
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  }
  throw new ConfigError('SERVER_URL_INVALID', {
    message: 'The address of the server has to read https://host or http://host:port, without a user or a token in it.',
  })
}

/** Bodies of an exchange: all but the last only hand in results, as many as fit. */
function inParts(request: ExchangeRequest): string[] {
  const whole = JSON.stringify(request)
  if (whole.length <= maxBodyCharacters) return [whole]
  const parts: ExchangeRequest['results'][number][][] = [[]]
  let size = 0
  for (const result of request.results) {
    const length = JSON.stringify(result).length
    if (size > 0 && size + length > maxBodyCharacters) {
      parts.push([])
      size = 0
    }
    parts.at(-1)?.push(result)
    size += length
  }
  return parts.map((results, index) =>
    JSON.stringify(
      index === parts.length - 1 ? { ...request, results } : { ...request, results, running: [], want: 0, waitMs: 0 },
    ),
  )
}

function unreachable(base: string, cause: unknown): TransientError {
  const { cause: deeper, message } = cause as Error
  const why = deeper instanceof Error && deeper.message !== '' ? deeper.message : message
  return new TransientError('SERVER_UNREACHABLE', {
    message: `The server ${base} cannot be reached: ${why}. Check its address, and that it runs.`,
    cause,
  })
}

/** What the server refused, in the terms of the error tree that it comes from. */
async function refusal(response: Response, base: string): Promise<MillraceError> {
  const { status } = response
  const body = (await response.json().catch(() => null)) as { error?: { message?: string; detail?: string } } | null
  const message = body?.error?.message ?? `The server ${base} answered with status ${status}.`
  const code = body?.error?.detail ?? 'SERVER_REFUSED'
  if (status === 401) {
    return new ConfigError('WORKER_TOKEN_REFUSED', {
      message: `The server ${base} does not know this worker token: it is wrong, has expired or was revoked. Make another by "millrace tokens create".`,
    })
  }
  if (status >= 500 || status === 408 || status === 429) {
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'))
    return new TransientError(code, {
      message,
      details: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    })
  }
  // An answer that is not the server's: a proxy in between, or another address.
  if (body?.error === undefined) return new ConfigError(code, { message, details: { status } })
  const Kind = status === 404 || status === 409 ? DataError : ConfigError
  return new Kind(code, { message, details: { status } })
}
