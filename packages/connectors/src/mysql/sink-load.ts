import { ConfigError, DataError, FatalError } from '@millrace/core'
import { createCopyTextEncoder, LossLedger, type Piece, type RowBlock, readCsv } from '@millrace/formats'
import type { SessionPool } from '../kit/session-pool.ts'
import type { Interrupted, Load, LoadSpec } from '../kit/sink.ts'
import { type ColumnType, columnDefinition, columnTypes, createTableSql, type DdlContext } from './ddl.ts'
import { hashTable } from './hash-table.ts'
import { insertStatements } from './insert-rows.ts'
import { duplicateKey, publishStaging } from './publish.ts'
import { type Session, transaction } from './session.ts'
import {
  chunkColumn,
  chunkNumbers,
  createRecords,
  deleteChunks,
  forgetLoad,
  insertChunk,
  insertLoad,
  lockName,
  type Records,
  readLoad,
  stagingName,
  tableColumns,
} from './sink-records.ts'
import { readTarget, type TargetTable } from './sink-target.ts'
import { literal, qualified, quoteName } from './sql-text.ts'
import { guarded, type Kill, loadLocal, runStatement } from './statement.ts'
import { createStoredText, type StorePolicy, storedAs } from './stored-block.ts'

export interface LoadContext {
  readonly sessions: SessionPool<Session>
  /** A session of the load's own, which also holds its lock. */
  readonly session: Session
  readonly kill: Kill
  readonly records: Records
  readonly address: string
  readonly own: string | undefined
  readonly onDispose: () => void
}

interface Staging {
  readonly address: string
  /** Declarations of the planned columns, in their order. */
  readonly types: readonly string[]
  readonly swap: boolean
}

export async function openMysqlLoad(context: LoadContext, spec: LoadSpec, resume: Interrupted | null): Promise<Load> {
  const { session, records } = context
  const lock = literal(lockName(records.database, spec.key))
  try {
    const [taken] = await session.select(`SELECT GET_LOCK(${lock}, 0) AS ok, IS_USED_LOCK(${lock}) AS holder`)
    if (taken?.ok !== '1') {
      throw new ConfigError('LOAD_RUNNING', {
        message: `The same load is running in another process (connection ${taken?.holder ?? 'unknown'} of the server). Wait for it to end, or end it with KILL ${taken?.holder ?? ''}.`,
        details: { key: spec.key, connection: taken?.holder },
      })
    }
    await createRecords(session, records)
    const record = await readLoad(session, records, spec.key)
    if (resume && record === null) {
      throw new FatalError('LOAD_GONE', {
        message: `The interrupted load ${spec.key} is no longer there: another process has finished or dropped it. Run the copy again.`,
      })
    }
    if (!resume) {
      await forgetLoad(session, records, spec.key)
      await insertLoad(session, records, spec, context.address)
    }
    const published = record?.status === 'published' && resume !== null
    const staging = published ? null : await prepareStaging(context, spec)
    return createLoad(context, spec, staging)
  } catch (error) {
    await session.execute(`DO RELEASE_LOCK(${lock})`).catch(() => {})
    await session.close()
    context.onDispose()
    throw error
  }
}

async function prepareStaging(context: LoadContext, spec: LoadSpec): Promise<Staging> {
  const { session, records } = context
  const target = await readTarget(session, spec.target, context.own)
  const ddl = {
    server: session.server,
    sourceDialect: spec.sourceDialect,
    keys: spec.mode === 'merge' || spec.mode === 'insert-only' ? spec.keys : [],
  }
  const swap = target === null || (spec.mode === 'replace' && target.references.length === 0 && target.triggers === 0)
  const columns = stagedColumns(spec, target, ddl)
  const address = qualified(records.database, stagingName(spec.key))
  const staging = { address, types: columns.map((column) => column.type), swap }
  const existing = await tableColumns(session, records.database, stagingName(spec.key))
  if (existing.length > 0) return staging
  const mark = `${quoteName(chunkColumn)} int unsigned NOT NULL`
  if (target === null || !swap) {
    // Beside an existing target the rows only pass through: no keys, and the target's own types.
    const definition = createTableSql(address, columns, target === null ? ddl : { ...ddl, keys: [] })
    await session.execute(definition)
    await session.execute(`ALTER TABLE ${address} ADD COLUMN ${mark}`)
  } else {
    await session.execute(`CREATE TABLE ${address} LIKE ${target.address}`)
    await session.execute(`ALTER TABLE ${address} ${[...alterations(spec, columns), `ADD COLUMN ${mark}`].join(', ')}`)
  }
  return staging
}

/** The target's columns as they will be after the planned changes, and the new ones. */
function stagedColumns(spec: LoadSpec, target: TargetTable | null, ddl: DdlContext): ColumnType[] {
  const fresh = columnTypes(spec.columns, ddl)
  if (target === null) return fresh
  const widened = new Map(
    spec.changes.flatMap((change) =>
      change.kind === 'widen-column' ? [[change.column.toLowerCase(), change.to]] : [],
    ),
  )
  const existing = new Map(target.columns.map((column) => [column.name.toLowerCase(), column]))
  return fresh.map((column) => {
    const have = existing.get(column.name.toLowerCase())
    if (have === undefined) return { ...column, nullable: true }
    return { ...column, type: widened.get(have.name.toLowerCase()) ?? have.type, nullable: have.nullable }
  })
}

function alterations(spec: LoadSpec, columns: readonly ColumnType[]): string[] {
  return spec.changes.flatMap((change) => {
    if (change.kind === 'create-table') return []
    const column = columns.find((each) => each.name.toLowerCase() === change.column.toLowerCase())
    if (column === undefined) return []
    const definition = columnDefinition({ ...column, name: change.column })
    return [change.kind === 'add-column' ? `ADD COLUMN ${definition}` : `MODIFY COLUMN ${definition}`]
  })
}

function createLoad(context: LoadContext, spec: LoadSpec, staging: Staging | null): Load {
  const { sessions, session, kill, records } = context
  const { signal } = spec
  let published = staging === null
  const staged = (): Staging => {
    if (staging !== null && !published) return staging
    throw new FatalError('ALREADY_PUBLISHED', { message: `The load ${spec.key} has been published already.` })
  }
  const numbers = new Map(spec.journal.chunks.map((chunk, index) => [chunk.id, index + 1]))

  return {
    writeChunk(chunk, pieces, ledger, losses = { policy: 'error', ledger: new LossLedger() }) {
      const { address, types } = staged()
      const number = numbers.get(chunk.id) ?? 0
      return sessions.use(
        (worker) =>
          guarded(worker, kill, signal, () =>
            transaction(worker, async () => {
              const written = await writeRows(worker, spec, { address, types, number }, pieces, losses)
              signal.throwIfAborted()
              await insertChunk(worker, records, spec.key, { id: chunk.id, number, rows: written.rows }, ledger())
              return written
            }),
          ),
        signal,
      )
    },
    async discardChunks(ids) {
      if (ids.length === 0) return
      const { address } = staged()
      const known = await chunkNumbers(session, records, spec.key)
      const gone = ids.flatMap((id) => known.get(id) ?? [])
      await transaction(session, async () => {
        if (gone.length > 0) {
          await session.execute(`DELETE FROM ${address} WHERE ${quoteName(chunkColumn)} IN (${gone.join(', ')})`)
        }
        await deleteChunks(session, records, spec.key, ids)
      })
    },
    async stagedCount() {
      const sql = `SELECT COUNT(*) AS n FROM ${staged().address}`
      const [row] = await guarded(session, kill, signal, () => session.select(sql))
      return Number(row?.n)
    },
    async stagedHash(columns) {
      const { address, types } = staged()
      const byName = new Map(spec.columns.map((column, index) => [column.name, types[index] ?? 'longtext']))
      const stored = columns.map((column) => byName.get(column.name) ?? 'longtext')
      return await hashTable(session, kill, address, columns, stored, signal)
    },
    async publish() {
      const { address: stagingAddress, swap } = staged()
      const target = await readTarget(session, spec.target, context.own)
      if (swap && spec.mode !== 'replace' && target !== null) {
        throw new FatalError('TARGET_CHANGED', {
          message: `${context.address} was created by somebody else while it was being loaded. Run the copy again.`,
        })
      }
      if (!swap && target === null) {
        throw new FatalError('TARGET_LOST', {
          message: `${context.address} was dropped while it was being loaded. Run the copy again.`,
        })
      }
      if (!swap && target !== null) await alterTarget(session, spec, target)
      const result = await guarded(session, kill, signal, () =>
        publishStaging({ session, records, spec, staging: stagingAddress, address: context.address, target, swap }),
      )
      published = true
      return result
    },
    complete: () => forgetLoad(session, records, spec.key),
    abandon: () => forgetLoad(session, records, spec.key),
    async [Symbol.asyncDispose]() {
      if (session.alive) {
        await session.execute(`DO RELEASE_LOCK(${literal(lockName(records.database, spec.key))})`).catch(() => {})
      }
      await session.close()
      context.onDispose()
    },
  }
}

/** Additions and wider types that are not there yet. The server commits each; none of them changes a row. */
async function alterTarget(session: Session, spec: LoadSpec, target: TargetTable): Promise<void> {
  const have = new Map(target.columns.map((column) => [column.name.toLowerCase(), column.type]))
  const open = spec.changes.filter((change) => {
    if (change.kind === 'create-table') return false
    const type = have.get(change.column.toLowerCase())
    return change.kind === 'add-column' ? type === undefined : type !== change.to
  })
  if (open.length === 0) return
  const columns = open.flatMap((change): ColumnType[] => {
    if (change.kind === 'create-table') return []
    const known = target.columns.find((column) => column.name.toLowerCase() === change.column.toLowerCase())
    const type = change.kind === 'add-column' ? change.type : change.to
    return [{ name: change.column, type, nullable: known?.nullable ?? true }]
  })
  await session.execute(`ALTER TABLE ${target.address} ${alterations({ ...spec, changes: open }, columns).join(', ')}`)
}

interface Into {
  readonly address: string
  readonly types: readonly string[]
  readonly number: number
}

async function writeRows(
  session: Session,
  spec: LoadSpec,
  into: Into,
  pieces: AsyncIterable<Piece>,
  losses: StorePolicy,
): Promise<{ rows: number; bytes: number }> {
  const total = { rows: 0, bytes: 0 }
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      total.rows += piece.rows
      total.bytes += piece.bytes.length
      yield piece.bytes
    }
  }
  const convert = createStoredText(spec.columns, into.types, losses)
  async function* blocks(): AsyncGenerator<RowBlock> {
    for await (const block of readCsv(bytes(), { columnCount: spec.columns.length })) {
      convert(block)
      yield block
    }
  }
  const stored = (await takesLocalFiles(session))
    ? await loadRows(session, spec, into, blocks())
    : await insertRows(session, spec, into, blocks())
  if (stored !== total.rows) {
    throw new FatalError('ROWS_LOST', {
      message: `${session.label} took ${stored} of the ${total.rows} rows of a chunk. Nothing of it was kept.`,
    })
  }
  return total
}

async function takesLocalFiles(session: Session): Promise<boolean> {
  const [row] = await session.select('SELECT @@local_infile AS allowed')
  return row?.allowed === '1' || row?.allowed === 'ON'
}

async function loadRows(
  session: Session,
  spec: LoadSpec,
  into: Into,
  blocks: AsyncIterable<RowBlock>,
): Promise<number> {
  const fields: string[] = []
  const sets = [`${quoteName(chunkColumn)} = ${into.number}`]
  spec.columns.forEach((column, index) => {
    const name = quoteName(column.name)
    const form = storedAs(column, into.types[index] ?? 'longtext')
    if (form === 'text') {
      fields.push(name)
      return
    }
    fields.push(`@v${index}`)
    const value = {
      hex: `UNHEX(@v${index})`,
      'wkb-hex': `ST_GeomFromWKB(UNHEX(@v${index}))`,
      bits: `CAST(@v${index} AS UNSIGNED)`,
    }
    sets.push(`${name} = ${value[form]}`)
  })
  const sql = `LOAD DATA LOCAL INFILE 'millrace' INTO TABLE ${into.address} CHARACTER SET utf8mb4
    FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (${fields.join(', ')}) SET ${sets.join(', ')}`
  const encoder = createCopyTextEncoder({ columns: spec.columns, dialect: 'mysql' })
  async function* encoded(): AsyncGenerator<Uint8Array> {
    for await (const block of blocks) for (const piece of await encoder.encode(block)) yield piece.bytes
    for (const piece of await encoder.finish()) yield piece.bytes
  }
  const end = await loadLocal(session, sql, encoded())
  // The server goes on after a value that it had to change, and only counts it.
  if (end.warnings > 0) throw await refusedRows(session, spec)
  return end.affectedRows
}

async function insertRows(
  session: Session,
  spec: LoadSpec,
  into: Into,
  blocks: AsyncIterable<RowBlock>,
): Promise<number> {
  const [limit] = await session.select('SELECT @@max_allowed_packet AS bytes')
  const packet = Number(limit?.bytes ?? 1 << 20) - 64
  const names = [...spec.columns.map((column) => column.name), chunkColumn].map(quoteName)
  const forms = spec.columns.map((column, index) => storedAs(column, into.types[index] ?? 'longtext'))
  let rows = 0
  for await (const block of blocks) {
    const target = `${into.address} (${names.join(', ')})`
    for (const statement of insertStatements(block, target, forms, String(into.number), packet)) {
      const end = await runStatement(session, statement)
      if (end.warnings > 0) throw await refusedRows(session, spec)
      rows += end.affectedRows
    }
  }
  return rows
}

async function refusedRows(session: Session, spec: LoadSpec): Promise<DataError> {
  const warnings = await session.select('SHOW WARNINGS LIMIT 5')
  const twice = warnings.find((warning) => warning.Code === '1062')
  if (twice && spec.keys.length > 0) {
    return duplicateKey(spec, [/Duplicate entry '(.*)' for key/s.exec(twice.Message ?? '')?.[1] ?? ''])
  }
  const said = warnings.map((warning) => warning.Message).join('; ')
  return new DataError('VALUE_REFUSED', {
    message: `${session.label}: the target cannot hold values as they are: ${said}. Nothing of this chunk was kept. Widen the column, or cast it in a query.`,
    details: { warnings },
  })
}
