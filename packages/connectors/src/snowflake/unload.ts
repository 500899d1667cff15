import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { CloudDir, LocalFile } from '../kit/export.ts'
import { type OpenedStore, openStore } from '../kit/open-store.ts'
import { trimQuery } from '../kit/row-source.ts'
import { openSession, type Session } from './session.ts'

const largestFile = 2 ** 30

/** NULL is an empty field, text stands in quotes: so the empty string is told from NULL. */
const fileFormat =
  "TYPE = CSV COMPRESSION = NONE FIELD_DELIMITER = ',' RECORD_DELIMITER = '\\n' FIELD_OPTIONALLY_ENCLOSED_BY = '\"' " +
  "ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = ('') EMPTY_FIELD_AS_NULL = FALSE " +
  'DATE_FORMAT = AUTO TIME_FORMAT = AUTO TIMESTAMP_FORMAT = AUTO BINARY_FORMAT = HEX'

/**
 * COPY INTO a folder of the stage. From a stage on S3 or Cloud Storage the objects are handed on as
 * they are, from any other the files are fetched; what lay in the stage is gone in every outcome.
 */
export async function unload(
  config: ConfigValues,
  query: string,
  { rowLimit, signal }: { readonly rowLimit?: number; readonly signal?: AbortSignal },
): Promise<CloudDir | LocalFile> {
  const stage = String(config.stage).replace(/^@/, '')
  if (/[\s;'()]/.test(stage.replace(/"(?:[^"]|"")*"/g, ''))) {
    throw new ConfigError('INVALID_STAGE', {
      message: `"${stage}" is no name of a stage. Write it like my_stage, database.schema.my_stage or "odd name".`,
    })
  }
  const folder = `tinybird/${randomUUID()}`
  const remove = async () => {
    const session = await openSession(config, 'tinybird_unload')
    try {
      await session.run(`REMOVE @${stage}/${folder}/`)
    } finally {
      await session.close()
    }
  }
  let store: OpenedStore | null = null
  try {
    const session = await openSession(config, 'tinybird_unload', signal)
    try {
      const place = await stagePlace(session, stage)
      const limit = rowLimit === undefined ? '' : ` LIMIT ${Math.trunc(rowLimit)}`
      const result = await session.all(
        `COPY INTO @${stage}/${folder}/part FROM (SELECT * FROM (\n${trimQuery(query)}) AS q${limit}) FILE_FORMAT = (${fileFormat}) HEADER = FALSE OVERWRITE = TRUE MAX_FILE_SIZE = ${largestFile}`,
        signal,
      )
      const rows = Number(result[0]?.[0] ?? 0)
      if (place === null) {
        const file = await fetchFiles(session, stage, folder, rows, signal)
        // What is local now needs nothing of the stage.
        await remove().catch(async (error: unknown) => {
          await file[Symbol.asyncDispose]()
          throw error
        })
        return file
      }
      store = await openStore(place.service, place.bucket, {})
      const prefix = [place.path, folder].filter(Boolean).join('/')
      return store.with({ kind: 'cloud-dir', store: store.store, prefix, rows, [Symbol.asyncDispose]: remove })
    } finally {
      await session.close()
    }
  } catch (error) {
    await remove().catch(() => {})
    await store?.[Symbol.asyncDispose]()
    throw error
  }
}

interface StagePlace {
  readonly service: 's3' | 'gcs'
  readonly bucket: string
  readonly path: string
}

/** Null for a stage inside of Snowflake, or on a service that is not read directly. */
async function stagePlace(session: Session, stage: string): Promise<StagePlace | null> {
  const rows = await session.all(`DESC STAGE ${stage}`)
  const value = rows.find((row) => row[0] === 'STAGE_LOCATION' && row[1] === 'URL')?.[3] ?? ''
  const match = /(s3|gcs):\/\/([^/"\]]+)\/?([^"\]]*)/.exec(value)
  if (!match) return null
  return { service: match[1] as 's3' | 'gcs', bucket: match[2] ?? '', path: (match[3] ?? '').replace(/\/+$/, '') }
}

/** GET, then one file of all parts. */
async function fetchFiles(
  session: Session,
  stage: string,
  folder: string,
  rows: number,
  signal: AbortSignal | undefined,
): Promise<LocalFile> {
  const home = await mkdtemp(join(tmpdir(), 'millrace-export-'))
  const dispose = () => rm(home, { recursive: true, force: true })
  try {
    const parts = join(home, 'parts')
    await mkdir(parts)
    if (rows > 0) {
      const target = `file://${parts.replaceAll('\\', '/')}/`
      await session.run(`GET @${stage}/${folder}/ '${target.replaceAll("'", "\\'")}'`, signal)
    }
    const path = join(home, 'export.csv')
    const file = await open(path, 'w', 0o600)
    let bytes = 0
    try {
      for (const name of (await readdir(parts)).sort()) {
        for await (const chunk of createReadStream(join(parts, name)))
          bytes += (await file.write(chunk as Buffer)).bytesWritten
        await rm(join(parts, name))
      }
    } finally {
      await file.close()
    }
    return { kind: 'local-file', path, bytes, rows, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}
