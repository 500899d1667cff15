import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { OpenOptions } from '../kit/connector.ts'
import { selectTables } from '../kit/select-tables.ts'
import type { Relation, Source } from '../kit/source.ts'
import { fileError } from './errors.ts'
import { openFilesSource } from './source.ts'

export interface RecordTable {
  /** Columns that name a row, as far as the records have them. Default none. */
  readonly primaryKey?: readonly string[]
  /** All records as lines of NDJSON, in pieces of any number of whole lines. Called once. */
  records(reading: RecordReading): AsyncIterable<string>
}

export interface RecordReading {
  /** The records of another table, line by line. */
  lines(table: string): AsyncIterable<string>
  readonly signal: AbortSignal
}

export interface RecordSourceOptions extends OpenOptions {
  /** Names the system in manifests: letters, digits and hyphens. */
  readonly dialect: string
  readonly tables: Readonly<Record<string, RecordTable>>
}

/**
 * A source of tables whose records come as JSON, such as an API's. A table is fetched once, when it is
 * first asked for, into a temporary file; types, counts and hashes are then those of the file, so all
 * that is said of it is of one state. The system itself may change while it is read.
 */
export async function openRecordSource({ dialect, tables, parallel, signal }: RecordSourceOptions): Promise<Source> {
  const folder = await mkdtemp(join(tmpdir(), `millrace-${dialect}-`))
  const closing = new AbortController()
  const stop = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal
  const fetched = new Map<string, Promise<string>>()
  const sources = new Map<string, Promise<Source>>()
  const names = Object.keys(tables).sort()
  const openedAt = new Date().toISOString()

  /** The file of a table's records. */
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
    const path = join(folder, `${name}.ndjson`)
    const records = (tables[name] as RecordTable).records({ lines, signal: stop })
    try {
      await pipeline(Readable.from(records), createWriteStream(path, { mode: 0o600 }), { signal: stop })
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

  /** The source that can read a relation: the file of its table, or for a query those of all that it names. */
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
    dialect,
    position: { openedAt },
    listTables: async (patterns) =>
      selectTables(
        names.map((name) => ({ scope: [], name })),
        patterns,
      ),
    async describe(relation) {
      const schema = await (await sourceFor(relation)).describe(relation)
      const primaryKey = relation.kind === 'table' ? (tables[relation.table.name]?.primaryKey ?? []) : []
      const known = primaryKey.every((key) => schema.columns.some(({ name }) => name === key))
      return { ...schema, primaryKey: known ? primaryKey : [] }
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
