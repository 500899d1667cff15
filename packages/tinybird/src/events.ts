import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { dataSourceName } from './checks.ts'
import { HTTPError } from './errors.ts'
import { contentTypes } from './format-parameters.ts'
import { rejectedRows } from './jobs.ts'
import { numberOf, record } from './parse-answer.ts'
import { refuseRejectedRows } from './rejected-rows.ts'
import type { Request } from './request.ts'
import { bytesBody } from './request-body.ts'
import type { EventOptions, EventsResult } from './types.ts'

export interface EventSettings {
  readonly request: Request
  readonly retryUnavailable: boolean
  readonly maxRejectedRows: number | undefined
}

export const defaultMaxBytes = 10_000_000
export const noEvents: EventsResult = { successfulRows: 0, quarantinedRows: 0, requests: 0, attemptsTimedOut: 0 }

const compress = promisify(gzip)

/**
 * One event as a line of NDJSON, without line break. A text is an event's JSON already: line breaks, which JSON has
 * between tokens only, become spaces. Dates become ISO 8601, and a bigint an exact number.
 */
export function eventLine(event: object | string): string {
  if (typeof event === 'string') return event.trim().replace(/\s*[\r\n]+\s*/g, ' ')
  return JSON.stringify(event, (_key, value) => (typeof value === 'bigint' ? rawNumber(value) : value))
}

/** Sends lines in as few requests as `maxBytes` allows; a batch that the server calls too large is halved. */
export async function sendEvents(
  settings: EventSettings,
  dataSource: string,
  lines: readonly string[],
  options: EventOptions = {},
): Promise<EventsResult> {
  const name = dataSourceName(dataSource)
  const runId = randomUUID()
  const waiting = batches(lines, options.maxBytes ?? defaultMaxBytes)
  let total = noEvents
  let written = 0
  for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
    try {
      total = add(total, await sendBatch(settings, name, batch, { runId, ...options }))
      written += batch.length
    } catch (error) {
      const tooLarge = error instanceof HTTPError && error.status === 413
      if (tooLarge && batch.length > 1) {
        const half = Math.ceil(batch.length / 2)
        waiting.unshift(batch.slice(0, half), batch.slice(half))
        total = { ...total, requests: total.requests + 1 }
      } else throw written === 0 ? error : withWritten(error, written, lines.length)
    }
  }
  refuseRejectedRows(name, options.maxRejectedRows ?? settings.maxRejectedRows, total)
  return total
}

export function add(one: EventsResult, other: EventsResult): EventsResult {
  return {
    successfulRows: one.successfulRows + other.successfulRows,
    quarantinedRows: one.quarantinedRows + other.quarantinedRows,
    requests: one.requests + other.requests,
    attemptsTimedOut: one.attemptsTimedOut + other.attemptsTimedOut,
  }
}

async function sendBatch(
  { request, retryUnavailable }: EventSettings,
  name: string,
  lines: readonly string[],
  { wait = true, gzip = true, runId, signal }: EventOptions & { readonly runId: string },
): Promise<EventsResult> {
  const text = `${lines.join('\n')}\n`
  const plain = bytesBody(text, contentTypes.ndjson)
  const { body, failures } = await request({
    method: 'POST',
    path: '/v0/events',
    query: { name, wait: String(wait) },
    body: gzip ? { ...bytesBody(await compress(text), contentTypes.ndjson), contentEncoding: 'gzip' } : plain,
    signal,
    runId,
    retryUnavailable,
  })
  return {
    successfulRows: numberOf(record(body).successful_rows) ?? 0,
    quarantinedRows: rejectedRows(body).quarantinedRows,
    requests: 1,
    attemptsTimedOut: failures.timedOut,
  }
}

/** An event that is larger than `maxBytes` by itself goes alone: the server decides. */
function batches(lines: readonly string[], maxBytes: number): string[][] {
  const result: string[][] = []
  let bytes = Infinity
  for (const line of lines) {
    const size = Buffer.byteLength(line) + 1
    if (bytes + size > maxBytes) {
      result.push([])
      bytes = 0
    }
    result.at(-1)?.push(line)
    bytes += size
  }
  return result
}

/** The same error, saying how many events before it are written: only the others may be sent again. */
function withWritten(error: unknown, written: number, events: number): unknown {
  if (!(error instanceof HTTPError)) return error
  const { method, url, status, jobId, message, details, cause } = error
  return new HTTPError({
    method,
    url,
    status,
    jobId,
    message: `${message} The first ${written} of ${events} events are written.`,
    details: { ...details, writtenEvents: written, events },
    cause,
  })
}

function rawNumber(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value))
}
