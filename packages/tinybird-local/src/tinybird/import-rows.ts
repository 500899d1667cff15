import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { quoteText } from '../engine/quote.ts'
import { refuseOutside } from '../sql/outside.ts'
import { ApiError } from './api-error.ts'
import { checkName, createDataSource, dataSource, exists, guessSchema } from './data-source.ts'
import { type Dialect, readDialect } from './format.ts'
import type { Incoming, Upload } from './incoming.ts'
import { readUpload } from './incoming.ts'
import { jobView } from './jobs.ts'
import { type Loaded, load } from './load.ts'
import type { Load } from './load-context.ts'
import type { Reply, Tinybird } from './tinybird.ts'
import { keep, peek, uncompressed } from './upload.ts'

/** `POST /v0/datasources`: creates, appends or replaces. */
export async function importRows(tinybird: Tinybird, incoming: Incoming): Promise<Reply> {
  const { parameters } = incoming
  const mode = parameters.get('mode') ?? 'create'
  if (mode !== 'create' && mode !== 'append' && mode !== 'replace') {
    throw new ApiError(400, `Invalid mode "${mode}". It must be create, append or replace.`)
  }
  const carriesRows =
    mode !== 'create' || parameters.has('url') || /multipart|csv|ndjson|parquet/.test(incoming.contentType)
  const headers = tinybird.rateLimiter.take(carriesRows ? 'loads' : 'creates')
  const upload = await readUpload(incoming, tinybird.limits)
  if (mode !== 'create' && !parameters.get('name'))
    throw new ApiError(400, `The parameter "name" is needed for mode=${mode}.`)
  const name = checkName(parameters.get('name'))
  const condition = parameters.get('replace_condition')
  if (condition !== null) {
    if (mode !== 'replace') throw new ApiError(400, 'replace_condition is for mode=replace.')
    await checkCondition(tinybird, name, condition)
  }
  const plan: Plan = { mode, name, condition, parameters }
  const remote = parameters.get('url')
  if (upload === null && remote !== null) return { body: await startImport(tinybird, plan, remote), headers }
  if (upload === null) {
    const schema = parameters.get('schema')
    if (mode !== 'create' || schema === null) {
      throw new ApiError(400, 'There is no data: send it as the body or as a multipart upload, or give a url.')
    }
    await tinybird.lanes.run(name, () => createDataSource(tinybird.engine, name, schema, parameters))
    return { body: { datasource: (await dataSource(tinybird.engine, name)).view }, headers }
  }
  const loaded = await write(tinybird, plan, upload, incoming.signal)
  return { body: { ...view(loaded), datasource: (await dataSource(tinybird.engine, name)).view }, headers }
}

export interface Plan {
  readonly mode: 'create' | 'append' | 'replace'
  readonly name: string
  readonly condition: string | null
  readonly parameters: URLSearchParams
}

/** What a client may send before it is its turn; a slow one then keeps nobody waiting with less. */
const aheadBytes = 1024 * 1024

export async function write(
  tinybird: Tinybird,
  plan: Plan,
  upload: Upload,
  signal?: AbortSignal,
  direct = false,
): Promise<Loaded> {
  const { engine } = tinybird
  const { name, mode, condition, parameters } = plan
  const dialect = readDialect(parameters, upload.fileName)
  const { all: source } = await peek(upload.stream, aheadBytes)
  return await tinybird.lanes.run(name, async () => {
    const found = await exists(engine, name)
    if (mode === 'create' && found) throw new ApiError(409, `There is already a Data Source with the name "${name}".`)
    if (mode === 'replace' && !found) throw new ApiError(404, `Data Source "${name}" does not exist.`)
    const asked: Omit<Load, 'source'> = {
      table: name,
      dialect,
      mode: mode === 'replace' ? 'replace' : 'append',
      condition,
      ...(signal === undefined ? {} : { signal }),
      ...(direct ? { direct } : {}),
    }
    if (found) return load(engine, { ...asked, source })
    const schema = parameters.get('schema')
    if (schema === null) return createFromFile(tinybird, plan, asked, source, dialect)
    await createDataSource(engine, name, schema, parameters)
    return load(engine, { ...asked, source })
  })
}

/** The file is needed twice: for its schema, and for its rows. */
async function createFromFile(
  { engine }: Tinybird,
  { name, parameters }: Plan,
  asked: Omit<Load, 'source'>,
  source: Readable,
  dialect: Dialect,
): Promise<Loaded> {
  const path = join(engine.directory, 'uploads', randomUUID())
  try {
    const { stream, kept } = keep(await uncompressed(source), path)
    stream.resume()
    await kept
    await createDataSource(engine, name, await guessSchema(engine, path, dialect), parameters)
    return await load(engine, { ...asked, source: createReadStream(path) })
  } finally {
    await rm(path, { force: true })
  }
}

async function startImport(tinybird: Tinybird, plan: Plan, remote: string): Promise<Record<string, unknown>> {
  if (!/^https?:\/\//.test(remote)) throw new ApiError(400, 'The url must begin with http:// or https://.')
  readDialect(plan.parameters, null)
  const datasource = { name: plan.name }
  const job = tinybird.jobs.start('import', { datasource, mode: plan.mode }, async () => {
    const response = await fetch(remote).catch((error: Error) => {
      const cause = error.cause instanceof Error ? error.cause.message : error.message
      throw new ApiError(400, `The file could not be fetched: ${cause}`)
    })
    if (!response.ok || response.body === null) {
      throw new ApiError(400, `The file could not be fetched: its server answered ${response.status}.`)
    }
    const stream = Readable.fromWeb(response.body)
    const loaded = await write(tinybird, plan, { fileName: null, stream })
    const { rows, bytes, invalidLines, quarantined, importId } = loaded
    return {
      statistics: { row_count: rows, bytes },
      quarantine_rows: quarantined,
      invalid_lines: invalidLines,
      import_id: importId,
    }
  })
  const shown = jobView(job, tinybird.url())
  return { ...shown, job: shown, datasource }
}

/** An expression over the columns, and nothing that could end the statement around it. */
async function checkCondition({ engine }: Tinybird, name: string, condition: string): Promise<void> {
  refuseOutside(condition)
  await dataSource(engine, name)
  await engine.run({ sql: `SELECT formatQuery(concat('SELECT (', ${quoteText(condition)}, '\n)'))`, readonly: 2 })
}

export function view({ importId, rows, quarantined, invalidLines }: Loaded): Record<string, unknown> {
  return {
    import_id: importId,
    successful_rows: rows,
    quarantined_rows: quarantined,
    quarantine_rows: quarantined,
    invalid_lines: invalidLines,
  }
}
