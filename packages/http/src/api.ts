import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { Logger } from '@millrace/core'
import type { Context } from 'hono'
import { cors } from 'hono/cors'
import type { Answer, Answers, Call, EndpointOptions, Rate } from './endpoint.ts'
import { type ErrorAnswer, errorAnswer } from './error-answer.ts'
import { requireIfMatch } from './etag.ts'
import { HttpError } from './http-error.ts'
import { endpointDocument, type OpenApiDocument } from './openapi.ts'
import type { Authenticate, Principal } from './principal.ts'
import { readBytes, readForm, readJson } from './read-body.ts'
import { requestIdOf } from './request-id.ts'
import type { AnsweredCall } from './request-metrics.ts'
import { addSecurityHeaders } from './security-headers.ts'
import { withinTime } from './time-limit.ts'
import { queryValues, validate } from './validation.ts'

/** Who may call, by the name that endpoints say in `access`, and what their handlers know of the caller then. */
export type Callers = { readonly [access: string]: Principal }

export interface ApiOptions<C extends Callers> {
  readonly log: Logger
  /** In order; the first that knows the caller wins. */
  readonly authenticate: readonly Authenticate<Principal>[]
  /** Lets a caller in, or throws 401 or 403; null is a caller that no authenticator knew. */
  readonly admit: { readonly [Access in keyof C]: (caller: Principal | null, request: Request) => C[Access] }
  /** Fires when the server closes. */
  readonly closing: AbortSignal
  /** Statuses of codes of the error tree, such as `RUN_UNKNOWN: 404`. */
  readonly statusByCode?: Readonly<Record<string, number>>
  /** What endpoints say in `access` that let callers in who did not sign in. Default: none. */
  readonly signInOptional?: readonly string[]
  /** How long a handler may take before the caller is answered 504. Default 60,000. */
  readonly requestTimeoutMs?: number
  /** Counts a call of somebody, or throws 429. Default: nothing is counted. */
  readonly limit?: (caller: Principal | null, request: Request, rate: Exclude<Rate, 'none'>) => void
  /** Whether requests may name this host; a page elsewhere could have its own name lead here. Default: every host. */
  readonly isKnownHost?: (hostname: string) => boolean
  /** Origins of pages elsewhere that may call, without cookies. Default: none. */
  readonly corsOrigins?: readonly string[]
  /** Whether callers come by https. Default false. */
  readonly isHttps?: boolean
  /** Told about every answer, for metrics. */
  readonly onAnswer?: (call: AnsweredCall) => void
}

/** Endpoints of one service. */
export interface Api<C extends Callers> {
  endpoint<
    Access extends keyof C & string,
    Path = Record<never, never>,
    Query = Record<never, never>,
    Body = undefined,
    const A extends Answers = Answers,
  >(
    options: EndpointOptions<Access, Path, Query, Body, A>,
    handle: (call: Call<C[Access], Path, Query, Body>) => Promise<Answer<NoInfer<A>>> | Answer<NoInfer<A>>,
  ): void
  /** The service as a function, for a server or a test. */
  fetch(request: Request): Promise<Response>
  /** As `fetch`, from a path and options. */
  request(path: string, init?: RequestInit): Promise<Response>
  /** The OpenAPI 3.1 document of all endpoints. */
  document(info: { readonly title: string; readonly version: string; readonly description?: string }): OpenApiDocument
}

const defaultMaxBodyBytes = 1024 * 1024
const defaultMaxBodyDepth = 64
const defaultTimeoutMs = 60_000

const totals = ['page', 'per-page', 'total', 'total-pages']
/** Headers of answers that pages elsewhere may read; totals of searches begin with `x-`. */
const exposedHeaders = ['ETag', 'X-Request-ID', 'Retry-After', ...totals, ...totals.map((name) => `x-${name}`)]

/**
 * An HTTP service out of endpoints. Every answer carries `X-Request-ID` and the security headers, every failure has the
 * shape of `ErrorBody`, and every call leaves one line in the log.
 */
export function createApi<C extends Callers>(options: ApiOptions<C>): Api<C> {
  const app = new OpenAPIHono()
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  const { log, closing, statusByCode = {}, signInOptional = [], isKnownHost = () => true, isHttps = false } = options
  const { requestTimeoutMs = defaultTimeoutMs, corsOrigins = [] } = options
  const calls = new WeakMap<Request, { operation: string; principal: Principal | null; level: 'info' | 'debug' }>()

  app.use(async (context, next) => {
    const startedAt = performance.now()
    const requestId = requestIdOf(context.req.raw)
    await next()
    // A failure became an answer already: the error handler runs within `next`.
    addSecurityHeaders(context.res.headers, isHttps)
    context.res.headers.set('x-request-id', requestId)
    if (closing.aborted) context.res.headers.set('connection', 'close')
    const call = calls.get(context.req.raw)
    const ms = performance.now() - startedAt
    const { method } = context.req
    const { status } = context.res
    options.onAnswer?.({ operation: call?.operation ?? 'unknown', method, status, seconds: ms / 1000 })
    log[call?.level ?? 'info'](
      {
        requestId,
        method,
        path: context.req.path,
        status,
        ms: Math.round(ms),
        ...(call?.principal ? { caller: `${call.principal.kind}:${call.principal.id}` } : {}),
      },
      'request',
    )
  })
  app.use(async (context, next) => {
    const { hostname } = new URL(context.req.url)
    if (!isKnownHost(hostname)) throw unknownHost(hostname)
    await next()
  })
  if (corsOrigins.length > 0) {
    app.use(cors({ origin: [...corsOrigins], exposeHeaders: exposedHeaders, maxAge: 600 }))
  }
  app.onError((error, context) => {
    const requestId = requestIdOf(context.req.raw)
    const answer = errorAnswer(error, { requestId, statusByCode })
    // Of a client that went away in the middle of its request nothing is wrong here.
    if (answer.isHidden && !context.req.raw.signal.aborted)
      log.error({ requestId, path: context.req.path, err: error }, 'a request failed')
    return errorResponse(answer)
  })
  app.notFound((context) => {
    const { method, path } = context.req
    const missing = new HttpError(
      404,
      'ROUTE_UNKNOWN',
      `There is no ${method} ${path}. See /api/spec.json for what there is.`,
    )
    return errorResponse(errorAnswer(missing, { requestId: requestIdOf(context.req.raw), statusByCode }))
  })

  const authenticate = async (request: Request): Promise<Principal | null> => {
    for (const one of options.authenticate) {
      const principal = await one(request)
      if (principal !== null) return principal
    }
    return null
  }

  const admit = (access: keyof C & string, caller: Principal | null, request: Request): Principal => {
    const one = options.admit[access]
    if (one === undefined) throw new Error(`No rule says who may call endpoints for "${access}".`)
    return one(caller, request)
  }

  const methodsByPath = new Map<string, Set<string>>()
  const noteMethod = (path: string, method: string) => {
    const methods = methodsByPath.get(path) ?? new Set()
    methodsByPath.set(path, methods.add(method.toUpperCase()))
  }

  return {
    endpoint(endpoint, handle) {
      const { operationId: operation, access, rate = 'usual', logLevel: level = 'info' } = endpoint
      const isSignInOptional = signInOptional.includes(access)
      app.openAPIRegistry.registerPath(endpointDocument(endpoint, { isSignInOptional }))
      const limitMs = endpoint.timeoutSeconds === undefined ? requestTimeoutMs : endpoint.timeoutSeconds * 1000
      const path = endpoint.path.replace(/\{(\w+)\}/g, ':$1')
      noteMethod(path, endpoint.method)
      app.on(endpoint.method.toUpperCase(), path, async (context) => {
        const request = context.req.raw
        calls.set(request, { operation, principal: null, level })
        const known = access === 'anyone' ? null : await authenticate(request)
        calls.set(request, { operation, principal: known, level })
        if (rate !== 'none') options.limit?.(known, request, rate)
        const principal = access === 'anyone' ? null : admit(access, known, request)
        const ifMatch = endpoint.ifMatch ? requireIfMatch(request) : ''
        const late = new AbortController()
        const call = await readCall(context, endpoint, { principal, ifMatch }, [closing, late.signal])
        const work = async () => await handle(call as Parameters<typeof handle>[0])
        const answer = await withinTime(work(), limitMs, late)
        return toResponse(answer as AnyAnswer, endpoint.answers, request)
      })
    },
    fetch: async (request) => {
      refuseOtherMethods(app, methodsByPath)
      return await app.fetch(request)
    },
    request: async (path, init) => {
      refuseOtherMethods(app, methodsByPath)
      return await app.request(path, init)
    },
    document: (info) => ({ ...app.getOpenAPI31Document({ openapi: '3.1.0', info }) }),
  }
}

/** 405 instead of 404 where only the method is wrong; added last, since the first route that matches answers. */
function refuseOtherMethods(app: OpenAPIHono, methodsByPath: Map<string, Set<string>>): void {
  for (const [path, methods] of methodsByPath) {
    app.all(path, (context) => {
      const allowed = [...methods].join(', ')
      throw new HttpError(405, 'METHOD_UNKNOWN', `${context.req.path} takes ${allowed} only.`, {
        headers: { allow: allowed },
      })
    })
  }
  methodsByPath.clear()
}

function unknownHost(hostname: string): HttpError {
  return new HttpError(
    421,
    'HOST_UNKNOWN',
    `This server does not answer under the name "${hostname.slice(0, 100)}". Use the address that it listens on, or have its operator set MILLRACE_PUBLIC_URL.`,
  )
}

async function readCall(
  context: Context,
  endpoint: EndpointOptions<string, unknown, unknown, unknown, Answers>,
  { principal, ifMatch }: { readonly principal: Principal | null; readonly ifMatch: string },
  signals: readonly AbortSignal[],
): Promise<Call<Principal | null, unknown, unknown, unknown>> {
  const request = context.req.raw
  const maxBytes = endpoint.maxBodyBytes ?? defaultMaxBodyBytes
  const { maxBodyDepth: maxDepth = defaultMaxBodyDepth, allowNullCharacters = false } = endpoint
  const readBody = async () => {
    if (endpoint.body === undefined) return undefined
    if (endpoint.form) return await readForm(request, maxBytes)
    return await readJson(request, { maxBytes, maxDepth, allowNullCharacters })
  }
  const schemas = { path: endpoint.params, query: endpoint.query, body: endpoint.body }
  const given = {
    path: context.req.param(),
    query: request.url.includes('?') ? queryValues(new URL(request.url).searchParams) : {},
    body: await readBody(),
  }
  const { path, query, body } = validate(schemas, given)
  return {
    principal,
    ifMatch,
    params: path ?? {},
    query: query ?? {},
    body,
    bytes: endpoint.bytes === undefined ? new Uint8Array() : await readBytes(request, maxBytes),
    request,
    requestId: requestIdOf(request),
    // Made only for those who ask for it: a signal that hangs on the server's own is not free.
    get signal() {
      return AbortSignal.any([request.signal, ...signals])
    },
  }
}

/** What an answer holds beyond its schema is not sent; what it lacks is a fault of ours. */
function toResponse(answer: AnyAnswer, answers: Answers, request: Request): Response {
  if ('response' in answer) {
    // Nobody would ever read what a stream says, or end it.
    if (request.method === 'HEAD') void answer.response.body?.cancel().catch(() => {})
    return answer.response
  }
  const { status, body, headers = {} } = answer
  const schema = answers[status]
  if (schema === null) return new Response(null, { status, headers })
  const known = Object.isFrozen(answer) ? writtenTexts.get(answer) : undefined
  const text = known ?? JSON.stringify((schema as z.ZodType).parse(body))
  if (known === undefined && Object.isFrozen(answer)) writtenTexts.set(answer, text)
  return new Response(text, { status, headers: { 'content-type': 'application/json', ...headers } })
}

/** Of answers that are frozen: one may be the answer to many requests of an endpoint, and is checked and written for the first. */
const writtenTexts = new WeakMap<object, string>()

type AnyAnswer =
  | { readonly response: Response }
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }

function errorResponse({ status, headers, body }: ErrorAnswer): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
}
