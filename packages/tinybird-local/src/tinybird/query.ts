import type { ServerResponse } from 'node:http'
import { contentType } from '../clickhouse/content-type.ts'
import { sendResult } from '../clickhouse/respond.ts'
import { refuseOutside } from '../sql/outside.ts'
import { analyse } from '../sql/statement.ts'
import { ApiError } from './api-error.ts'
import { type Incoming, readText, readUpload } from './incoming.ts'
import type { Tinybird } from './tinybird.ts'

/** Tinybird ends queries after ten seconds. */
const maximumSeconds = '10'

/** `/v0/sql`: one statement that reads. */
export async function query(tinybird: Tinybird, incoming: Incoming, response: ServerResponse): Promise<void> {
  const { engine, limits } = tinybird
  const { parameters, method, contentType: given, request, signal } = incoming
  if (given.startsWith('application/x-www-form-urlencoded') && parameters.has('q')) await readUpload(incoming, limits)
  const body = method === 'POST' && !parameters.has('q') ? await readText(incoming, limits.body) : ''
  const sql = (parameters.get('q') ?? formQuery(body, given) ?? body).trim()
  const pipe = parameters.get('pipeline')
  if (pipe !== null) {
    throw new ApiError(
      404,
      `Pipe '${pipe}' not found: the local Tinybird has Data Sources, but no Pipes. Leave "pipeline" out.`,
    )
  }
  if (sql === '') throw new ApiError(400, 'The parameter "q" is needed, or a statement as the body.')
  refuseOutside(sql)
  const statement = analyse(sql)
  if (statement.kind !== 'read') throw new ApiError(403, 'Only statements that read are allowed here, such as SELECT.')
  const format = statement.format ?? 'TabSeparated'
  const result = await engine.read(
    {
      sql: (path) => statement.into(path, 'TabSeparated'),
      settings: { max_execution_time: maximumSeconds },
      readonly: 2,
    },
    signal,
  )
  response.setHeader('Content-Type', contentType(format))
  await sendResult(request, response, result, {
    wait: false,
    version: engine.version,
    compress: true,
  })
}

function formQuery(body: string, contentType: string): string | null {
  return contentType.startsWith('application/x-www-form-urlencoded') ? new URLSearchParams(body).get('q') : null
}
