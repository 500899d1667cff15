import { byteStream } from '../streams.ts'
import { ApiError } from './api-error.ts'
import { checkName } from './data-source.ts'
import { view, write } from './import-rows.ts'
import { type Incoming, limited } from './incoming.ts'
import type { Reply, Tinybird } from './tinybird.ts'

/** `POST /v0/events`: a batch of NDJSON, all or nothing visible at once. */
export async function receiveEvents(tinybird: Tinybird, { request, parameters }: Incoming): Promise<Reply> {
  const headers = tinybird.rateLimiter.take('events')
  if (!parameters.get('name')) throw new ApiError(400, 'The parameter "name" is needed.')
  const name = checkName(parameters.get('name'))
  const format = parameters.get('format') ?? 'ndjson'
  if (format !== 'ndjson' && format !== 'json')
    throw new ApiError(400, `Invalid format "${format}": events are ndjson.`)
  const body = Buffer.concat(await limited(request, tinybird.limits.events).toArray())
  const stream = byteStream([body])
  const plan = { mode: 'append', name, condition: null, parameters: new URLSearchParams({ format: 'ndjson' }) } as const
  const loaded = await write(tinybird, plan, { fileName: null, stream }, undefined, true)
  const { successful_rows, quarantined_rows } = view(loaded)
  // Without `wait`, Tinybird promises nothing; here the rows are there nevertheless.
  const waited = parameters.get('wait') === 'true'
  return {
    status: waited ? 200 : 202,
    body: { successful_rows, quarantined_rows: Number(quarantined_rows) + loaded.invalidLines },
    headers,
  }
}
