import { createHash } from 'node:crypto'
import { ConfigError, isMillraceError } from '@millrace/core'
import { type Column, LossLedger, type RowBlock, type WireFormat } from '@millrace/formats'
import { encodeBlocks } from '../kit/encode-csv.ts'
import type { LoadSpec, SchemaChange, Sink, Target } from '../kit/sink.ts'

/** Consumers that write to one table at the same moment each need a load of their own. */
const slots = 64

export interface TableLoad {
  readonly sink: Sink
  readonly target: Target
  /** Names the stream and where it goes: what a crash left of its loads is found again by it. */
  readonly identity: string
  readonly columns: readonly Column[]
  readonly changes: readonly SchemaChange[]
  readonly dialect: string
  readonly signal: AbortSignal
}

/** Appends rows in one step, through a load that is staged, published and gone. */
export async function loadRows(load: TableLoad, block: RowBlock): Promise<number> {
  for (let slot = 0; ; slot++) {
    try {
      return await loadInSlot(load, block, slot)
    } catch (error) {
      if (!isMillraceError(error) || error.code !== 'LOAD_RUNNING' || slot + 1 === slots) throw error
    }
  }
}

async function loadInSlot(load: TableLoad, block: RowBlock, slot: number): Promise<number> {
  const { sink, target, columns, dialect, signal } = load
  const key = createHash('sha256').update(`${load.identity} ${slot}`).digest('hex').slice(0, 20)
  const chunk = { id: '0000', bounds: null }
  const format = await formatFor(load)
  const options = sink.formatOptions({})
  const spec: LoadSpec = {
    ...{
      key,
      target,
      mode: 'append',
      keys: [],
      columns,
      sourceDialect: dialect,
      changes: load.changes,
      format,
      options,
    },
    journal: { chunks: [chunk], position: {}, startedAt: new Date().toISOString() },
    allowEmpty: false,
    signal,
  }
  await dropInterrupted(sink, spec)
  const opened = await sink.openLoad(spec, null)
  await using running = opened
  try {
    const ledger = new LossLedger()
    const pieces = encodeBlocks(only(block), { columns, format, policy: 'error', ledger, options })
    const losses = { policy: 'error', ledger } as const
    const { rows } = await running.writeChunk(chunk, pieces, () => ledger.entries(), losses)
    await running.publish()
    await running.complete()
    return rows
  } catch (error) {
    // What cannot be dropped now is found under its key by the next load.
    await running.abandon().catch(() => {})
    throw error
  }
}

/** Nothing of it was committed, so its messages come again. */
async function dropInterrupted(sink: Sink, spec: LoadSpec): Promise<void> {
  const left = await sink.interrupted(spec.key, spec.target)
  if (left === null) return
  const { columns, format, mode } = left.spec
  try {
    await using load = await sink.openLoad({ ...spec, columns, format, mode, changes: [] }, left)
    if (left.status === 'published') await load.complete()
    else await load.abandon()
  } catch (error) {
    // It was not interrupted after all: another consumer has just finished it.
    if (!isMillraceError(error) || error.code !== 'LOAD_GONE') throw error
  }
}

async function formatFor({ sink, columns, dialect, target }: TableLoad): Promise<WireFormat> {
  const accepted = await sink.accepts(columns, dialect, target)
  const format = accepted.find((wire) => wire === 'csv' || wire === 'ndjson' || wire === 'parquet')
  if (format) return format
  throw new ConfigError('NO_COMMON_FORMAT', {
    message: `${sink.dialect} takes no form that messages can be written in.`,
  })
}

async function* only(block: RowBlock): AsyncGenerator<RowBlock> {
  yield block
}
