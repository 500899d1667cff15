import { randomUUID } from 'node:crypto'
import { DataError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { CloudDir } from '../kit/export.ts'
import type { ObjectStore } from '../kit/object-store.ts'
import { trimQuery } from '../kit/row-source.ts'
import type { Session } from './session.ts'

export interface UnloadOptions {
  readonly rowLimit?: number
  readonly signal?: AbortSignal
}

interface Manifest {
  readonly entries: readonly {
    readonly url: string
    readonly meta: { readonly content_length: number; readonly record_count: number }
  }[]
}

/**
 * UNLOAD as CSV into a folder of its own, which goes with the export. Both NULL and the empty string
 * are an empty field: that is how Redshift writes them.
 */
export async function unload(
  session: Session,
  store: ObjectStore,
  config: ConfigValues,
  query: string,
  { rowLimit, signal }: UnloadOptions,
): Promise<CloudDir> {
  const folder = [config.folder, randomUUID()].filter(Boolean).join('/')
  const remove = () => store.rmtree(folder)
  try {
    const limit = rowLimit === undefined ? '' : ` LIMIT ${Math.trunc(rowLimit)}`
    // LIMIT is not allowed outermost.
    const select = `SELECT * FROM (SELECT * FROM (\n${trimQuery(query)}) AS q${limit}) AS limited`
    const options = ['FORMAT CSV', 'MANIFEST VERBOSE', 'MAXFILESIZE 1 GB', ...regionOf(config)]
    await session.run(
      `UNLOAD (${quoteStatement(select)}) TO '${store.uri(`${folder}/part_`).replaceAll("'", "''")}' ${authorization(config)} ${options.join(' ')}`,
      signal,
    )
    const rows = await settle(store, folder)
    return { kind: 'cloud-dir', store, prefix: folder, rows, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove().catch(() => {})
    throw error
  }
}

/** Leaves nothing but files with rows, all that the manifest names; returns the rows. */
async function settle(store: ObjectStore, folder: string): Promise<number> {
  const manifestKey = `${folder}/part_manifest`
  const parts: Uint8Array[] = []
  for await (const bytes of store.read(manifestKey)) parts.push(bytes)
  const { entries } = JSON.parse(Buffer.concat(parts).toString('utf8')) as Manifest
  await store.rm(manifestKey)
  const present = new Set(await store.ls(folder))
  for (const { url, meta } of entries) {
    const key = [...present].find((candidate) => store.uri(candidate) === url)
    if (key === undefined) {
      throw new DataError('EXPORT_INCOMPLETE', {
        message: `Redshift says that it unloaded ${url}, which is not there. Something else removes objects from ${store.uri(folder)}; choose another folder.`,
      })
    }
    // A query without rows may leave empty files.
    if (meta.record_count === 0) await store.rm(key)
  }
  return entries.reduce((sum, { meta }) => sum + meta.record_count, 0)
}

/** Dollar quotes take everything as it is; where the statement has some itself, quotes and backslashes are escaped. */
function quoteStatement(sql: string): string {
  return sql.includes('$') ? `'${sql.replaceAll('\\', '\\\\').replaceAll("'", "''")}'` : `$$${sql}$$`
}

function authorization(config: ConfigValues): string {
  const text = (name: string) => `'${String(config[name]).replaceAll("'", "''")}'`
  if (config.iam_role) return `IAM_ROLE ${config.iam_role === 'default' ? 'default' : text('iam_role')}`
  if (!config.access_key_id || !config.secret_access_key) return 'IAM_ROLE default'
  const token = config.session_token ? ` SESSION_TOKEN ${text('session_token')}` : ''
  return `ACCESS_KEY_ID ${text('access_key_id')} SECRET_ACCESS_KEY ${text('secret_access_key')}${token}`
}

function regionOf(config: ConfigValues): string[] {
  return config.region ? [`REGION '${String(config.region).replaceAll("'", "''")}'`] : []
}
