import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { Logger } from '@millrace/core'
import type { Context } from 'hono'
import type { Answer, Answers, Call, EndpointOptions } from './endpoint.ts'
import { type ErrorAnswer, errorAnswer } from './error-answer.ts'
import { requireIfMatch } from './etag.ts'
import { HttpError } from './http-error.ts'
import { endpointDocument, type OpenApiDocument } from './openapi.ts'
import type { Authenticate, Principal } from './principal.ts'
import { readBytes, readJson } from './read-body.ts'
import { requestIdOf } from './request-id.ts'
import { securityHeaders } from './security-headers.ts'
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

/**
 * An HTTP service out of endpoints. Every answer carries `X-Request-ID` and the security headers, every failure has the
 * shape of `ErrorBody`, and every call leaves one line in the log.
 */
export function createApi<C extends Callers>(options: ApiOptions<C>): Api<C> {
  const app = new OpenAPIHono()
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  const { log, closing, statusByCode = {} } = options
  const calls = new WeakMap<Request, { principal: Principal | null; level: 'info' | 'debug' }>()

  app.use(async (context, next) => {
    const startedAt = performance.now()
    const requestId = requestIdOf(context.req.raw)
    await next()
    // A failure became an answer already: the error handler runs within `next`.
    for (const [name, value] of Object.entries(securityHeaders)) context.res.headers.set(name, value)
    context.res.headers.set('x-request-id', requestId)
    if (closing.aborted) context.res.headers.set('connection', 'close')
    const call = calls.get(context.req.raw)
    log[call?.level ?? 'info'](
      {
        requestId,
        method: context.req.method,
        path: context.req.path,
        status: context.res.status,
        ms: Math.round(performance.now() - startedAt),
        ...(call?.principal ? { caller: call.principal.name } : {}),
      },
      'request',
    )
  })
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
      app.openAPIRegistry.registerPath(endpointDocument(endpoint))
      const path = endpoint.path.replace(/\{(\w+)\}/g, ':$1')
      noteMethod(path, endpoint.method)
      app.on(endpoint.method.toUpperCase(), path, async (context) => {
        const request = context.req.raw
        const known = endpoint.access === 'anyone' ? null : await authenticate(request)
        calls.set(request, { principal: known, level: endpoint.logLevel ?? 'info' })
        const principal = endpoint.access === 'anyone' ? null : admit(endpoint.access, known, request)
        const ifMatch = endpoint.ifMatch ? requireIfMatch(request) : ''
        const call = await readCall(context, endpoint, { principal, ifMatch }, closing)
        const answer = await handle(call as Parameters<typeof handle>[0])
        return toResponse(answer as AnyAnswer, endpoint.answers)
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

async function readCall(
  context: Context,
  endpoint: EndpointOptions<string, unknown, unknown, unknown, Answers>,
  { principal, ifMatch }: { readonly principal: Principal | null; readonly ifMatch: string },
  closing: AbortSignal,
): Promise<Call<Principal | null, unknown, unknown, unknown>> {
  const request = context.req.raw
  const maxBytes = endpoint.maxBodyBytes ?? defaultMaxBodyBytes
  const json =
    endpoint.body === undefined
      ? undefined
      : await readJson(request, {
          maxBytes,
          maxDepth: endpoint.maxBodyDepth ?? defaultMaxBodyDepth,
          allowNullCharacters: endpoint.allowNullCharacters ?? false,
        })
  const schemas = { path: endpoint.params, query: endpoint.query, body: endpoint.body }
  const given = { path: context.req.param(), query: queryValues(new URL(request.url)), body: json }
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
      return AbortSignal.any([request.signal, closing])
    },
  }
}

/** What an answer holds beyond its schema is not sent; what it lacks is a fault of ours. */
function toResponse(answer: AnyAnswer, answers: Answers): Response {
  if ('response' in answer) return answer.response
  const { status, body, headers = {} } = answer
  const schema = answers[status]
  if (schema === null) return new Response(null, { status, headers })
  const value = (schema as z.ZodType).parse(body)
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } })
}

type AnyAnswer =
  | { readonly response: Response }
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }

function errorResponse({ status, headers, body }: ErrorAnswer): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
}
