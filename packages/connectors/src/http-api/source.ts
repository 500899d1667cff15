import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileError } from '../files/errors.ts'
import { openFilesSource } from '../files/source.ts'
import type { OpenOptions } from '../kit/connector.ts'
import { selectTables } from '../kit/select-tables.ts'
import type { Relation, Source } from '../kit/source.ts'
import type { ApiDefinition } from './api-definition.ts'
import { fetchRecords } from './fetch-records.ts'
import type { Requester } from './request.ts'
import { sinceValue } from './since.ts'

export interface ApiSourceOptions extends OpenOptions {
  readonly api: ApiDefinition
  readonly baseUrl: string
  readonly requester: Requester
}

/**
 * The resources of an API as tables. A resource is fetched once, when it is first asked for, into a
 * temporary file of NDJSON; types, counts and hashes are then those of the file, so all that is said
 * of it is of one state. The API itself may change while its pages are read.
 */
export async function openApiSource({ api, baseUrl, requester, parallel, signal }: ApiSourceOptions): Promise<Source> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-http-api-'))
  const closing = new AbortController()
  const stop = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal
  const since = new Map<string, string>()
  const fetched = new Map<string, Promise<string>>()
  const sources = new Map<string, Promise<Source>>()
  const names = Object.keys(api.resources).sort()
  const openedAt = new Date().toISOString()

  /** The file of a resource's records. */
  const fileOf = (name: string): Promise<string> => {
    let file = fetched.get(name)
    file ??= fetchInto(name).catch((error) => {
      fetched.delete(name)
      throw error
    })
    fetched.set(name, file)
    return file
  }

  async function fetchInto(name: string): Promise<string> {
    const resource = api.resources[name] as ApiDefinition['resources'][string]
    const path = join(folder, `${name}.ndjson`)
    const parents = resource.parent === undefined ? null : () => lines(resource.parent as string)
    const write = async (from: string | null, onlyFirstPage: boolean) => {
      const options = { since: from, parents: parents?.() ?? null, signal: stop, onlyFirstPage }
      const records = fetchRecords(api, baseUrl, resource, requester, options)
      await pipeline(Readable.from(records), createWriteStream(path, { mode: 0o600 }), { signal: stop })
    }
    try {
      const from = since.get(name) ?? null
      await write(from, false)
      // Nothing new: a page of what is old shows the columns, and the range leaves its rows out.
      if (from !== null && (await stat(path)).size === 0) await write(null, true)
    } catch (error) {
      stop.throwIfAborted()
      throw fileError(error, folder)
    }
    return path
  }

  async function* lines(name: string): AsyncGenerator<string> {
    yield* createInterface({ input: createReadStream(await fileOf(name)), crlfDelay: Number.POSITIVE_INFINITY })
  }

  const openFile = (path: string) =>
    openFilesSource(
      { path, format: 'ndjson', compression: 'none', header: true, allText: false },
      { ...(parallel === undefined ? {} : { parallel }), signal: stop },
    )

  /** The source that can read a relation: the file of its resource, or for a query those of all that it names. */
  const sourceFor = (relation: Relation): Promise<Source> => {
    const named =
      relation.kind === 'table'
        ? [relation.table.name]
        : names.filter((name) => relation.sql.toLowerCase().includes(name.toLowerCase()))
    const key = relation.kind === 'table' ? relation.table.name : `query ${relation.sql}`
    let source = sources.get(key)
    source ??= (async () => {
      const files: string[] = []
      for (const name of named) files.push(await fileOf(name))
      return await openFile(relation.kind === 'table' ? (files[0] as string) : folder)
    })()
    source.catch(() => sources.delete(key))
    sources.set(key, source)
    return source
  }

  return {
    dialect: 'http-api',
    position: { openedAt },
    listTables: async (patterns) =>
      selectTables(
        names.map((name) => ({ scope: [], name })),
        patterns,
      ),
    async describe(relation) {
      const schema = await (await sourceFor(relation)).describe(relation)
      const primaryKey = relation.kind === 'table' ? (api.resources[relation.table.name]?.primary_key ?? []) : []
      const known = primaryKey.every((key) => schema.columns.some(({ name }) => name === key))
      return { ...schema, primaryKey: known ? primaryKey : [] }
    },
    async narrow(relation, { cursor, lookback, since: sinceOf }) {
      if (relation.kind !== 'table') return
      const { name } = relation.table
      const resource = api.resources[name]
      if (resource?.incremental?.field !== cursor) return
      const mark = await sinceOf(resource.primary_key ?? [])
      if (mark !== null) since.set(name, sinceValue(resource.incremental, mark.cursor, lookback))
    },
    planChunks: async (relation, schema, options) =>
      await (await sourceFor(relation)).planChunks(relation, schema, options),
    reusable: async () => [],
    formats: () => ['csv', 'ndjson', 'parquet'],
    async *read(request) {
      yield* (await sourceFor(request.relation)).read(request)
    },
    cursorMark: async (relation, cursor, keys) => await (await sourceFor(relation)).cursorMark(relation, cursor, keys),
    countNullCursors: async (relation, cursor) => await (await sourceFor(relation)).countNullCursors(relation, cursor),
    count: async (relation, end) => await (await sourceFor(relation)).count(relation, end),
    contentHash: async (relation, columns, end) =>
      await (await sourceFor(relation)).contentHash(relation, columns, end),
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('The source was closed.'))
      for (const source of sources.values()) await (await source.catch(() => null))?.[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
