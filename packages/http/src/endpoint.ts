import type { z } from '@hono/zod-openapi'
import type { Principal } from './principal.ts'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** What is sent with a status: JSON of a schema, nothing, or bytes of a type that the handler answers with itself. */
export type AnswerContent = z.ZodType | null | { readonly contentType: string }

export type Answers = { readonly [status: number]: AnswerContent }

/** `sign-in` is for attempts to show who one is. */
export type Rate = 'usual' | 'sign-in' | 'none'

/** A route, from which its checks, its types and its place in the OpenAPI document are made. */
export interface EndpointOptions<Access extends string, Path, Query, Body, A extends Answers> {
  readonly method: Method
  /** Such as `/api/runs/{id}`. */
  readonly path: string
  /** Unique; names the operation in generated clients. */
  readonly operationId: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Whom the service admits, or `anyone`: then nobody asks who calls. */
  readonly access: Access | 'anyone'
  /** Answers 428 to a caller that is let in and sends no `If-Match`, before the body is looked at. Default: not asked for. */
  readonly ifMatch?: true
  readonly params?: z.ZodType<Path>
  readonly query?: z.ZodType<Query>
  readonly body?: z.ZodType<Body>
  /** The body is a form instead of JSON; its fields are texts. */
  readonly form?: true
  /** The body is bytes of this type, handed on as `bytes`. */
  readonly bytes?: { readonly contentType: string }
  /** Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** Of nested JSON. Default 64. */
  readonly maxBodyDepth?: number
  /** Whether texts of the body may hold null characters, because the handler knows where to put them. Default false. */
  readonly allowNullCharacters?: boolean
  readonly answers: A
  /** How long its handler may take until 504. Default: what the service says. */
  readonly timeoutSeconds?: number
  /** How its calls are counted against limits. Default `usual`; `none` for what probes and workers ask all the time. */
  readonly rate?: Rate
  /** Log level of its line in the access log. Default `info`; `debug` for what is called all the time. */
  readonly logLevel?: 'info' | 'debug'
}

export interface Call<P extends Principal | null, Path, Query, Body> {
  readonly principal: P
  /** The header, where the endpoint asks for it; else empty. */
  readonly ifMatch: string
  readonly params: Path
  readonly query: Query
  readonly body: Body
  /** Empty unless the endpoint takes bytes. */
  readonly bytes: Uint8Array
  readonly request: Request
  readonly requestId: string
  /** Fires when the client went away, its time is over, or the server closes: long answers end then. */
  readonly signal: AbortSignal
}

/** An answer as plain data; where it is bytes or a stream, the whole response. */
export type Answer<A extends Answers> = {
  readonly [Status in keyof A & number]: A[Status] extends z.ZodType
    ? {
        readonly status: Status
        readonly body: z.input<A[Status]>
        readonly headers?: Readonly<Record<string, string>>
      }
    : A[Status] extends null
      ? { readonly status: Status; readonly headers?: Readonly<Record<string, string>> }
      : { readonly response: Response }
}[keyof A & number]
