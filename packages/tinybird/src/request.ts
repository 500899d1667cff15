import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { RateLimitedForTooLongError } from './errors.ts'
import { BodyFailure, type Exchange, type Timeouts } from './exchange.ts'
import { httpError, isHopeless, type Outcome, reasonOf, statusOf } from './http-error.ts'
import { parseAnswer } from './parse-answer.ts'
import { exchangeFollowing } from './redirects.ts'
import { type RequestBody, searchParams } from './request-body.ts'
import { type Failures, nextAttempt, noFailures } from './retry-rules.ts'
import type { Clock, TinybirdOptions, TinybirdResponse } from './types.ts'

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Such as `/v0/sql`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  /** Names all attempts of one load, for whoever looks for rows that were written twice. */
  readonly runId?: string
  readonly body?: RequestBody
  readonly signal?: AbortSignal | undefined
  readonly retryUnavailable?: boolean
  /** An answer that is neither JSON nor empty is an error, whatever its status: something else than Tinybird has answered. */
  readonly wantsJson?: boolean
  /** What may not be repeated in messages, beside the token. */
  readonly secrets?: readonly string[]
}

export interface CallResult extends TinybirdResponse {
  readonly failures: Failures
}

/** Sends a call until it is answered with success, or fails for good. */
export type Request = (call: Call) => Promise<CallResult>

export interface RequestSettings {
  readonly token: string
  readonly endpoint: string
  readonly tag: string | undefined
  readonly timeouts: Timeouts
  readonly retries: number
  readonly retryBudgetMs: number
  readonly clock: Clock
  readonly onMessage: NonNullable<TinybirdOptions['onMessage']>
  readonly clean: Clean
}

/** Masks the token, and other secrets given, in text that somebody may see. */
export type Clean = (text: string, secrets?: readonly string[]) => string

/** Shorter than servers and their proxies wait, so that no connection is closed there while it is used again here. */
const idleMs = 4000

export function createRequest(settings: RequestSettings): Request {
  const { clock } = settings
  const agents = {
    http: new HttpAgent({ keepAlive: true, timeout: idleMs }),
    https: new HttpsAgent({ keepAlive: true, timeout: idleMs }),
  }

  const attempt = async (exchange: Exchange): Promise<Outcome> => {
    try {
      return await exchangeFollowing(exchange, agents)
    } catch (error) {
      if (error instanceof BodyFailure) throw error.cause
      exchange.signal?.throwIfAborted()
      return { error }
    }
  }

  return async (call) => {
    const { method, path, signal, runId, retryUnavailable = false } = call
    const clean = (text: string) => settings.clean(text, call.secrets)
    const exchange = exchangeOf(call, settings)
    const limits = { retries: settings.retries, retryUnavailable }
    const startedAt = clock.now()
    let failures = noFailures
    for (let attempts = 1; ; attempts++) {
      const outcome = await attempt(exchange)
      const status = statusOf(outcome)
      const headers = 'answer' in outcome ? outcome.answer.headers : {}
      if ('answer' in outcome && status < 300) {
        const body = parseAnswer(outcome.answer.text)
        if (typeof body !== 'string' || call.wantsJson !== true) return { status, headers, body, failures }
      }
      const next = isHopeless('error' in outcome ? outcome.error : null)
        ? null
        : nextAttempt({ method, status, headers }, failures, limits, clock)
      if (next === null) throw httpError(outcome, { method, path, url: exchange.url, attempts, runId }, clean)

      const elapsedMs = clock.now() - startedAt
      const run = runId === undefined ? '' : ` of run ${runId}`
      const ended = `${run} ${status === 0 ? 'was not answered' : `was answered with ${status}`}`
      if (elapsedMs + next.waitMs > settings.retryBudgetMs) {
        throw new RateLimitedForTooLongError({
          message: clean(
            `${method} ${path}${ended} (${reasonOf(outcome)}), and another ${seconds(next.waitMs)} of waiting after ` +
              `${seconds(elapsedMs)} would pass the ${seconds(settings.retryBudgetMs)} allowed. Send fewer requests, or try again later.`,
          ),
          details: {
            method,
            url: clean(String(exchange.url)),
            status,
            waitMs: next.waitMs,
            elapsedMs,
            attempts,
            ...(runId === undefined ? {} : { runId }),
          },
        })
      }
      settings.onMessage(
        'warning',
        clean(`${method} ${path}${ended} (${reasonOf(outcome)}); next attempt in ${seconds(next.waitMs)}.`),
      )
      failures = next.failures
      await clock.sleep(next.waitMs, signal)
    }
  }
}

function exchangeOf(call: Call, settings: RequestSettings): Exchange {
  const url = new URL(settings.endpoint + call.path)
  url.search = String(searchParams(call.query ?? {}))
  return {
    method: call.method,
    url,
    headers: {
      authorization: `Bearer ${settings.token}`,
      'accept-encoding': 'gzip',
      ...(settings.tag === undefined ? {} : { 'x-tb-cdk-tag': settings.tag }),
      ...(call.runId === undefined ? {} : { 'x-millrace-run': call.runId }),
    },
    body: call.body ?? null,
    signal: call.signal,
    timeouts: settings.timeouts,
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
