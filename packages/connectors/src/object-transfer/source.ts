import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataError } from '@millrace/core'
import { createRowHasher } from '@millrace/formats'
import { openCsvTable } from '../files/csv-table.ts'
import { createFileQueries, names } from '../files/file-queries.ts'
import type { FileTable } from '../files/file-table.ts'
import type { FileRelation } from '../files/find-relations.ts'
import { openNdjsonTable } from '../files/ndjson-table.ts'
import { selectColumns } from '../files/select-columns.ts'
import type { OpenOptions } from '../kit/connector.ts'
import { encodeBlocks } from '../kit/encode-csv.ts'
import type { ObjectStore } from '../kit/object-store.ts'
import { selectTables } from '../kit/select-tables.ts'
import type { Chunk, Relation, Source } from '../kit/source.ts'
import { type Addresses, atAddress, withAddresses } from './addresses.ts'
import type { ObjectTransferConfig } from './config.ts'
import { type FoundObject, findObjects, type ObjectRelation } from './find-objects.ts'
import { rowsOf } from './manifest.ts'
import { pathColumnsOf } from './path-columns.ts'
import { objectBlocks, parquetRows } from './read-back.ts'
import { spoolObject } from './spool.ts'

/** Where an object of a store lies that is a folder of this machine. */
type PathOf = (key: string) => string

/** Compressed, of the objects that are read as one chunk. */
const chunkBytes = 64 << 20

/** Downloads at once. */
const lanes = 4

/** A table of the store, and the local files it has once it was needed there. */
interface Opened {
  readonly relation: ObjectRelation
  readonly local: FileRelation
  readonly addresses: Addresses
  spooled: Promise<void> | null
  table: Promise<FileTable> | null
}

/**
 * Objects as tables. The snapshot is the listing with its etags, taken when the source is opened: an
 * object that is another one by the time it is read is an error. CSV and NDJSON with a manifest are
 * read where they are. All others are copied to a temporary folder first, since their types are
 * found by a pass of its own, or DuckDB reads them there.
 */
export async function openObjectSource(
  store: ObjectStore,
  config: ObjectTransferConfig,
  { parallel = 1, signal, pathOf }: OpenOptions & { readonly pathOf?: PathOf } = {},
): Promise<Source> {
  const found = await findObjects(store, config, signal)
  const folder = await mkdtemp(join(tmpdir(), 'millrace-objects-'))
  const opened = found.map((relation, index) => openRelation(store, relation, join(folder, String(index))))
  const addresses = new Map(opened.flatMap((one) => [...one.addresses]))
  const position = { tables: found.map(positionOf) }

  const spool = (one: Opened): Promise<void> => {
    one.spooled ??= spoolRelation(store, one, pathOf, signal).catch((error: unknown) => {
      one.spooled = null
      throw error
    })
    return one.spooled
  }
  const tableOf = (one: Opened): Promise<FileTable> => {
    one.table ??= openTable(one).catch((error: unknown) => {
      one.table = null
      throw atAddress(error, addresses)
    })
    return one.table
  }
  const openTable = async (one: Opened): Promise<FileTable> => {
    if (isReadInPlace(one.relation)) return manifestTable(store, one.relation)
    await spool(one)
    return one.local.format === 'csv'
      ? await openCsvTable(one.local, { ...config, path: one.relation.name }, signal)
      : await openNdjsonTable(one.local, signal)
  }
  const queries = createFileQueries({
    label: store.uri(config.path),
    relations: opened.map(({ local }) => local),
    position,
    parallel,
    folder,
    tableOf: (local) => tableOf(opened.find((one) => one.local === local) as Opened),
  })
  const sourceFor = async (relation: Relation): Promise<Source> => {
    for (const one of opened) if (one.local.format === 'parquet' && names(relation, one.local)) await spool(one)
    try {
      return withAddresses(await queries.sourceFor(relation), addresses)
    } catch (error) {
      throw atAddress(error, addresses)
    }
  }

  /** The table of a relation that needs no query; null for any other. */
  const direct = async (relation: Relation): Promise<{ one: Opened; table: FileTable } | null> => {
    if (relation.kind === 'query' || relation.range) return null
    const one = opened.find(({ local }) => local.name === relation.table.name)
    return one && one.local.format !== 'parquet' ? { one, table: await tableOf(one) } : null
  }

  async function* rowsOfTable(table: FileTable, stop?: AbortSignal) {
    try {
      yield* table.blocks(stop)
    } catch (error) {
      throw atAddress(error, addresses)
    }
  }

  return {
    dialect: 'files',
    position,
    listTables: async (patterns) =>
      selectTables(
        found.map(({ name }) => ({ scope: [], name })).sort((a, b) => (a.name < b.name ? -1 : 1)),
        patterns,
      ),

    async describe(relation) {
      const here = await direct(relation)
      if (!here) return await (await sourceFor(relation)).describe(relation)
      const { columns, rows, bytes } = here.table
      return { columns, primaryKey: [], estimatedRows: rows, estimatedBytes: bytes }
    },

    async planChunks(relation) {
      const here = await direct(relation)
      return here && isReadInPlace(here.one.relation) ? chunksOf(here.one.relation) : [{ id: '0000', bounds: null }]
    },

    async reusable(relation, chunks, before) {
      const then = (before as Partial<typeof position>).tables ?? []
      const used = position.tables.filter((one) => names(relation, one))
      const same = used.every(
        (now) => now.pinned && then.some((one) => one.name === now.name && one.listing === now.listing),
      )
      return same ? chunks.map(({ id }) => id) : []
    },

    formats: () => ['csv', 'ndjson', 'parquet'],

    async *read(request) {
      const { relation, columns } = request
      const here = await direct(relation)
      if (!here) return yield* (await sourceFor(relation)).read(request)
      const part = partOf(here.one.relation, request.chunk)
      const table = part ? manifestTable(store, part) : here.table
      const blocks = selectColumns(rowsOfTable(table, request.signal), table.columns, columns)
      const native = columns.map((column) => table.columns.find(({ name }) => name === column.name) ?? column)
      yield* encodeBlocks(blocks, { ...request, native })
    },

    cursorMark: async (relation, cursor, keys) => await (await sourceFor(relation)).cursorMark(relation, cursor, keys),
    countNullCursors: async (relation, cursor) => await (await sourceFor(relation)).countNullCursors(relation, cursor),

    async count(relation, stop) {
      const here = await direct(relation)
      if (!here) return await (await sourceFor(relation)).count(relation, stop)
      if (here.table.rows !== null) return here.table.rows
      let rows = 0
      for await (const block of rowsOfTable(here.table, stop)) rows += block.rowCount
      return rows
    },

    async contentHash(relation, columns, stop) {
      const here = await direct(relation)
      if (!here) return await (await sourceFor(relation)).contentHash(relation, columns, stop)
      const hasher = createRowHasher(columns)
      for await (const block of selectColumns(rowsOfTable(here.table, stop), here.table.columns, columns))
        hasher.update(block)
      return hasher.digest()
    },

    async [Symbol.asyncDispose]() {
      await queries[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What we wrote is canonical and says its types; a table without objects has no file to ask. */
function isReadInPlace({ manifest, format, objects }: ObjectRelation): boolean {
  return manifest !== null && (format !== 'parquet' || objects.length === 0)
}

/** Objects in a row, so that a copy of a large table goes on where it was cut off, and reads some of them at once. */
function chunksOf({ objects }: ObjectRelation): Chunk[] {
  const ends: number[] = []
  let bytes = 0
  for (const [index, object] of objects.entries()) {
    bytes += object.bytes
    if (bytes < chunkBytes && index < objects.length - 1) continue
    ends.push(index + 1)
    bytes = 0
  }
  if (ends.length < 2) return [{ id: '0000', bounds: null }]
  return ends.map((end, index) => ({
    id: String(index).padStart(4, '0'),
    bounds: { start: ends[index - 1] ?? 0, end },
  }))
}

/** The objects of a chunk; null when it is the whole table. */
function partOf(relation: ObjectRelation, { bounds }: Chunk): ObjectRelation | null {
  if (bounds === null) return null
  return { ...relation, objects: relation.objects.slice(Number(bounds.start), Number(bounds.end)) }
}

function manifestTable(store: ObjectStore, relation: ObjectRelation): FileTable {
  const manifest = relation.manifest as NonNullable<ObjectRelation['manifest']>
  const objects = relation.objects.map((object) => ({ ...object, rows: object.rows ?? 0 }))
  return {
    columns: manifest.columns,
    rows: rowsOf(objects),
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    blocks: (stop) => objectBlocks({ ...manifest, store, objects, header: manifest.csv?.header ?? false }, stop),
  }
}

function openRelation(store: ObjectStore, relation: ObjectRelation, folder: string): Opened {
  const { name, objects, compression } = relation
  const files = objects.map(({ key }, index) =>
    join(folder, `${index}-${key.slice(key.lastIndexOf('/') + 1).slice(-80)}`),
  )
  const paths = pathColumnsOf(relation)
  // A table without objects is read like text that has no rows.
  const format = objects.length === 0 ? 'csv' : relation.format
  const select = format === 'parquet' && paths ? { select: selectOf(files, relation, paths) } : {}
  return {
    relation,
    local: { name, files, format, compression, ...(paths ? { paths } : {}), ...select },
    addresses: new Map(files.map((file, index) => [file, store.uri(objects[index]?.key ?? '')])),
    spooled: null,
    table: null,
  }
}

function selectOf(files: readonly string[], { manifest }: ObjectRelation, paths: NonNullable<FileRelation['paths']>) {
  const partitions = paths.values.map((partition) => ({ partition }))
  return parquetRows(files, partitions, { columns: manifest?.columns ?? null, paths: paths.columns })
}

async function spoolRelation(
  store: ObjectStore,
  { relation, local }: Opened,
  pathOf: PathOf | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pending = relation.objects.entries()
  const [first] = local.files
  if (first === undefined) return
  await mkdir(join(first, '..'), { recursive: true, mode: 0o700 })
  const lane = async () => {
    for (const [index, object] of pending) {
      signal?.throwIfAborted()
      const file = local.files[index] as string
      if (pathOf) await symlink(pathOf(await unchanged(store, object)), file)
      else await spoolObject(store, object, file, { signal })
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

async function unchanged(store: ObjectStore, { key, etag }: FoundObject): Promise<string> {
  const now = await store.stat(key)
  if (now && now.etag === etag) return key
  throw new DataError('OBJECT_CHANGED', {
    message: `${store.uri(key)} is not the object that was listed or written. Run the copy again when nothing writes to it.`,
  })
}

function positionOf({ name, objects }: ObjectRelation) {
  const listing = createHash('sha256')
  for (const { key, etag, bytes } of objects) listing.update(`${JSON.stringify([key, etag, bytes])}\n`)
  return {
    name,
    objects: objects.length,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    /** Over all keys, etags and sizes. */
    listing: listing.digest('hex').slice(0, 32),
    pinned: objects.every(({ etag }) => etag !== null),
  }
}
