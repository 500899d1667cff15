import { randomBytes } from 'node:crypto'
import { FatalError } from '@millrace/core'
import { type Column, type ContentHash, contentHash, LossLedger, type Piece, readCsv } from '@millrace/formats'
import { createClickhouseCsvEncoder } from '../kit/clickhouse-csv.ts'
import type { Interrupted, Load, LoadSpec } from '../kit/sink.ts'
import { canonicalText } from './canonical-text.ts'
import { type ColumnType, columnTypes, createTableSql } from './ddl.ts'
import { alterations, publishStaging } from './publish.ts'
import { hashRows } from './read-blocks.ts'
import { readRows } from './read-table.ts'
import { type Session, utc, writing } from './session.ts'
import { claimLoad, type Lease } from './sink-lease.ts'
import {
  addEvent,
  createRecords,
  dropStaging,
  forgetLoad,
  loadEvent,
  type Records,
  readLoad,
  type StagedChunk,
  stagingPrefix,
} from './sink-records.ts'
import { readTarget, type TargetPlace, type TargetTable } from './sink-target.ts'
import { qualified, quoteName } from './sql-text.ts'

export interface LoadContext {
  readonly session: Session
  readonly records: Records
  readonly place: TargetPlace
  readonly onDispose: () => void
}

/**
 * A load into staging tables beside its target, one for each chunk, all with the target's structure: a
 * chunk that fails is dropped with its table, and parts move between such tables without being copied.
 */
export async function openClickhouseLoad(
  context: LoadContext,
  spec: LoadSpec,
  resume: Interrupted | null,
): Promise<Load> {
  const { session, records, place } = context
  await createRecords(session, records)
  const lease = await claimLoad(session, records, spec.key)
  try {
    const record = await readLoad(session, records, spec.key)
    if (resume && record === null) {
      throw new FatalError('LOAD_GONE', {
        message: `The interrupted load ${spec.key} is no longer there: another process has finished or dropped it. Run the copy again.`,
      })
    }
    const base = `${stagingPrefix(spec.key)}0`
    if (resume?.status === 'published') return createLoad(context, spec, lease, null)
    const target = await readTarget(session, place)
    let chunks: readonly StagedChunk[] = record?.chunks ?? []
    if (!resume) {
      await dropStaging(session, records, spec.key)
      await addEvent(
        session.http,
        records,
        spec.key,
        'discard',
        chunks.map(({ id }) => id),
      )
      await addEvent(session.http, records, spec.key, 'load', loadEvent(spec, place.address))
      chunks = []
    }
    const types = await prepareBase(context, spec, target, base)
    return createLoad(context, spec, lease, {
      base,
      types,
      target,
      chunks: new Map(chunks.map((each) => [each.id, each])),
    })
  } catch (error) {
    await lease.release().catch(() => {})
    context.onDispose()
    throw error
  }
}

interface Staging {
  readonly base: string
  /** Types of the planned columns, in their order. */
  readonly types: readonly ColumnType[]
  readonly target: TargetTable | null
  /** What is finished, by chunk. */
  readonly chunks: Map<string, StagedChunk>
}

/** Makes the table that all staged rows end up in; it has what the target will have after the planned changes. */
async function prepareBase(
  { session, records, place }: LoadContext,
  spec: LoadSpec,
  target: TargetTable | null,
  base: string,
): Promise<ColumnType[]> {
  const { http } = session
  const address = qualified(records.database, base)
  const here = { database: records.database, name: base, address }
  const wanted = columnTypes(spec.columns, spec.sourceDialect)
  if ((await readTarget(session, here)) === null) {
    if (target === null) {
      const keys = spec.mode === 'merge' || spec.mode === 'insert-only' ? spec.keys : []
      await http.run({ sql: createTableSql(address, wanted, keys) })
    } else {
      await http.run({ sql: `CREATE TABLE ${address} AS ${place.address}` })
      const changes = alterations(spec, target)
      if (changes.length > 0) await http.run({ sql: `ALTER TABLE ${address} ${changes.join(', ')}` })
    }
  }
  const have = new Map((await readTarget(session, here))?.columns.map(({ name, type }) => [name, type]))
  return wanted.map(({ name, type }) => ({ name, type: have.get(name) ?? type }))
}

function createLoad(context: LoadContext, spec: LoadSpec, lease: Lease, staging: Staging | null): Load {
  const { session, records, place } = context
  const { http } = session
  let published = staging === null
  const staged = (): Staging => {
    if (staging !== null && !published) return staging
    throw new FatalError('ALREADY_PUBLISHED', { message: `The load ${spec.key} has been published already.` })
  }
  const tables = () => [...staged().chunks.values()].flatMap(({ table }) => table ?? [])
  const forget = async () => {
    await lease.stop()
    await forgetLoad(session, records, spec.key)
  }

  /** An empty table of the staging's structure. While staged, rows keep their number, whatever the engine does to rows with one key. */
  const makeTable = async (suffix: string, use: 'staging' | 'target'): Promise<string> => {
    const name = `${stagingPrefix(spec.key)}${suffix}`
    await http.run({ sql: `DROP TABLE IF EXISTS ${qualified(records.database, name)} SYNC` })
    await http.run({
      sql: `CREATE TABLE ${qualified(records.database, name)} AS ${qualified(records.database, staged().base)}`,
    })
    if (use === 'staging' && (staged().target?.engine ?? 'MergeTree') !== 'MergeTree') {
      await http.run({ sql: `SYSTEM STOP MERGES ${qualified(records.database, name)}` })
    }
    return name
  }

  return {
    async writeChunk(chunk, pieces, ledger, losses = { policy: 'error', ledger: new LossLedger() }) {
      const { types, chunks } = staged()
      // A name of its own for every attempt: what the server may still write of an earlier one goes nowhere.
      const table = await makeTable(`c${chunk.id.replace(/\W/g, '_')}_${randomBytes(3).toString('hex')}`, 'staging')
      const address = qualified(records.database, table)
      try {
        const written = await writeRows(session, spec, address, types, pieces, losses)
        spec.signal.throwIfAborted()
        const record: StagedChunk = {
          id: chunk.id,
          table: written.rows === 0 ? null : table,
          rows: written.rows,
          ledger: ledger(),
        }
        if (written.rows === 0) await http.run({ sql: `DROP TABLE ${address} SYNC` })
        await addEvent(http, records, spec.key, 'chunk', record)
        chunks.set(chunk.id, record)
        return written
      } catch (error) {
        await http.run({ sql: `DROP TABLE IF EXISTS ${address} SYNC` }).catch(() => {})
        throw error
      }
    },
    async discardChunks(ids) {
      const { chunks } = staged()
      if (ids.length === 0) return
      await addEvent(http, records, spec.key, 'discard', ids)
      for (const id of ids) {
        const table = chunks.get(id)?.table
        if (table) await http.run({ sql: `DROP TABLE IF EXISTS ${qualified(records.database, table)} SYNC` })
        chunks.delete(id)
      }
    },
    async stagedCount() {
      let rows = 0
      for (const address of addresses()) {
        const [row] = await readRows(http, { sql: `SELECT count() FROM ${address}`, signal: spec.signal })
        rows += Number(row?.[0])
      }
      return rows
    },
    async stagedHash(columns) {
      const { types } = staged()
      return await hashTable(session, allRows(columns), columns, types, spec.signal)
    },
    async publish() {
      const { base } = staged()
      const target = await readTarget(session, place)
      if ((target === null) !== (staged().target === null)) {
        throw new FatalError(target === null ? 'TARGET_LOST' : 'TARGET_CHANGED', {
          message: `${place.address} was ${target === null ? 'dropped' : 'created by somebody else'} while it was being loaded. Run the copy again.`,
        })
      }
      const rows = [...staged().chunks.values()].reduce((sum, chunk) => sum + chunk.rows, 0)
      const result = await publishStaging({
        session,
        records,
        spec,
        place,
        target,
        base,
        chunks: tables(),
        rows,
        makeTable,
      })
      published = true
      return result
    },
    complete: forget,
    abandon: forget,
    async [Symbol.asyncDispose]() {
      await lease.release().catch(() => {})
      context.onDispose()
    },
  }

  function addresses(): string[] {
    return [staged().base, ...tables()].map((name) => qualified(records.database, name))
  }

  function allRows(columns: readonly Column[]): string {
    const names = columns.map(({ name }) => quoteName(name)).join(', ')
    return `(${addresses()
      .map((address) => `SELECT ${names} FROM ${address}`)
      .join(' UNION ALL ')})`
  }
}

/** The hash of rows in the canonical text of the columns' logical types, whatever they are stored as. */
export async function hashTable(
  session: Session,
  from: string,
  columns: readonly Column[],
  types: readonly ColumnType[],
  signal?: AbortSignal,
): Promise<ContentHash> {
  if (columns.length === 0) {
    const [row] = await readRows(session.http, { sql: `SELECT count() FROM ${from}`, signal })
    return contentHash(Number(row?.[0]), 0n, 0n)
  }
  const texts = columns.map(({ name, type }) => {
    const stored = types.find((each) => each.name === name)?.type ?? 'String'
    return canonicalText(stored, quoteName(name), type)
  })
  return await hashRows(session, { texts, columns, from }, signal)
}

async function writeRows(
  { http }: Session,
  spec: LoadSpec,
  address: string,
  types: readonly ColumnType[],
  pieces: AsyncIterable<Piece>,
  losses: { readonly policy: 'error' | 'null' | 'text'; readonly ledger: LossLedger },
): Promise<{ rows: number; bytes: number }> {
  const total = { rows: 0, bytes: 0 }
  async function* incoming(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      total.rows += piece.rows
      total.bytes += piece.bytes.length
      yield piece.bytes
    }
  }
  const encoder = createClickhouseCsvEncoder({ columns: spec.columns, layout: types, ...losses })
  async function* encoded(): AsyncGenerator<Uint8Array> {
    for await (const block of readCsv(incoming(), { columnCount: spec.columns.length })) {
      // The request keeps what it is given until it is sent, and the encoder uses its buffer again.
      for (const { bytes } of await encoder.encode(block)) yield Buffer.from(bytes)
    }
  }
  const names = types.map(({ name }) => quoteName(name)).join(', ')
  await http.insert({
    sql: `INSERT INTO ${address} (${names}) ${utc} FORMAT CSV`,
    settings: { ...writing, optimize_on_insert: 0 },
    bytes: encoded(),
    signal: spec.signal,
  })
  const [row] = await readRows(http, { sql: `SELECT count() FROM ${address}` })
  if (Number(row?.[0]) === total.rows) return total
  throw new FatalError('ROWS_LOST', {
    message: `ClickHouse took ${row?.[0]} of the ${total.rows} rows of a chunk. Nothing of it was kept.`,
  })
}
