import { ConfigError, type KitLogger } from '@millrace/core'
import type { LoadResult, Replayable, TinybirdClient } from '@millrace/tinybird'
import { quoteClickhouseName } from '../kit/clickhouse-type.ts'
import type { CloudDir, Export } from '../kit/export.ts'
import { readBlocks } from '../tinybird/feed.ts'
import { UnsupportedFormatError } from './errors.ts'
import type { IngestFormat } from './formats.ts'
import type { IngestResult } from './types.ts'

export interface LoadRequest {
  readonly dataSource: string
  readonly mode: 'append' | 'replace'
  readonly format: IngestFormat
  readonly replaceCondition?: string | undefined
  readonly allowEmpty?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** What was exported, for messages. */
  readonly source: string
  /** Rewrites the bytes of an export that lies on this machine into what Tinybird reads exactly. */
  readonly rewrite?: ((content: Replayable) => Replayable) | undefined
}

/**
 * Loads what a connector exported, each kind its own way, and removes the export in every outcome.
 * That a removal fails is logged, and never hides how the load went.
 */
export async function loadExport(
  client: TinybirdClient,
  exported: Export,
  request: LoadRequest,
  log: KitLogger,
): Promise<IngestResult> {
  try {
    return await load(client, exported, request, log)
  } finally {
    await removeExport(exported, log)
  }
}

export async function removeExport(exported: Export, log: KitLogger): Promise<void> {
  try {
    await exported[Symbol.asyncDispose]()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    log.warning(`What the export left behind (${exported.kind}) could not be removed: ${why}`)
  }
}

async function load(
  client: TinybirdClient,
  exported: Export,
  request: LoadRequest,
  log: KitLogger,
): Promise<IngestResult> {
  if (exported.rows === 0) return await loadNothing(client, request, log)
  switch (exported.kind) {
    case 'data':
      if (exported.data.length === 0) return await loadNothing(client, request, log)
      if (request.rewrite) {
        const content = async function* () {
          yield exported.data
        }
        return await send(client, request, request.rewrite(content))
      }
      return request.mode === 'append'
        ? await client.appendData(request.dataSource, exported.data, optionsOf(request))
        : await client.replaceData(request.dataSource, exported.data, optionsOf(request))
    case 'local-file': {
      if (exported.bytes === 0) return await loadNothing(client, request, log)
      if (request.rewrite)
        return await send(
          client,
          request,
          request.rewrite(() => readBlocks(exported.path)),
        )
      return request.mode === 'append'
        ? await client.appendFile(request.dataSource, exported.path, optionsOf(request))
        : await client.replaceFile(request.dataSource, exported.path, optionsOf(request))
    }
    case 'url':
      return await sendUrl(client, request, exported.url)
    case 'cloud-file':
      return await sendUrl(client, request, await exported.store.publicUrl(exported.key))
    case 'cloud-dir': {
      if (request.format === 'parquet') await refuseToJoin(exported, request)
      const key = await exported.store.cat(exported.prefix, request.signal)
      if (key === null) return await loadNothing(client, request, log)
      return await sendUrl(client, request, await exported.store.publicUrl(key))
    }
  }
}

/** Several files of Parquet joined are none, or only the last of them. */
async function refuseToJoin({ store, prefix }: CloudDir, { source }: LoadRequest): Promise<void> {
  if ((await store.ls(prefix)).length < 2) return
  throw new UnsupportedFormatError({
    message: `${source} was exported to several Parquet files, which cannot be joined into the one that an import takes. Use the format CSV.`,
  })
}

export async function sendUrl(client: TinybirdClient, request: LoadRequest, url: string): Promise<LoadResult> {
  return request.mode === 'append'
    ? await client.appendUrl(request.dataSource, url, optionsOf(request))
    : await client.replaceUrl(request.dataSource, url, optionsOf(request))
}

async function send(client: TinybirdClient, request: LoadRequest, content: Replayable): Promise<LoadResult> {
  return request.mode === 'append'
    ? await client.appendStream(request.dataSource, content, optionsOf(request))
    : await client.replaceStream(request.dataSource, content, optionsOf(request))
}

function optionsOf({ format, replaceCondition, signal }: LoadRequest) {
  return {
    format,
    ...(replaceCondition === undefined ? {} : { replaceCondition }),
    ...(signal === undefined ? {} : { signal }),
  }
}

/** An append has nothing to do. A replace would leave the old rows in silence, so it is refused or done in earnest. */
export async function loadNothing(client: TinybirdClient, request: LoadRequest, log: KitLogger): Promise<IngestResult> {
  const { dataSource, replaceCondition: condition, source, signal } = request
  if (request.mode === 'append') {
    log.info(`There are no rows for ${dataSource}, so nothing is sent.`)
    return null
  }
  const where = condition === undefined ? '' : ` WHERE ${condition}`
  const sql = `SELECT toString(count()) FROM ${quoteClickhouseName(dataSource)}${where}`
  const rows = Number(await client.query(sql, { scalar: true, ...(signal ? { signal } : {}) }))
  if (rows === 0) {
    log.info(`There are no rows for ${dataSource}, and none to replace.`)
    return null
  }
  const which = condition === undefined ? `all ${rows} rows` : `the ${rows} rows where ${condition}`
  if (!request.allowEmpty) {
    throw new ConfigError('EMPTY_REPLACE', {
      message: `${source} has no rows, and the replace would lose ${which} of "${dataSource}". Say allowEmpty if that is meant.`,
      details: { dataSource, rows },
    })
  }
  if (condition === undefined) await client.truncate(dataSource, signal)
  else await client.deleteRows(dataSource, condition, signal ? { signal } : {})
  log.warning(`${source} has no rows: ${which} of ${dataSource} were removed.`)
  return null
}
