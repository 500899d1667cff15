import { ConfigError, isMillraceError } from '@millrace/core'
import type { SchemaContract, Sink, Target } from '../kit/sink.ts'
import { formatTableName } from '../kit/table-name.ts'
import type { AppendResult, StreamDestination, StreamRow } from './destination.ts'
import { fitRows, scanRows } from './fit-rows.ts'
import { planBatch } from './plan-batch.ts'
import { loadRows } from './table-load.ts'
import { readTableSchema, type TableSchema } from './table-schema.ts'
import type { StreamEvent, StreamTarget } from './types.ts'

export interface TableDestinationOptions {
  readonly contract: SchemaContract
  /** Names the stream and its group. */
  readonly identity: string
  readonly tell: (event: StreamEvent) => void
}

/**
 * Appends batches to a table whose own types decide: a message with a value that does not fit them is
 * rejected, so types are the same from batch to batch. The catalogue is read at the start, after each
 * change, and when the table turns out not to be what it was.
 */
export async function openTableDestination(
  { connector, table }: Extract<StreamTarget, { kind: 'table' }>,
  { contract, identity, tell }: TableDestinationOptions,
): Promise<StreamDestination> {
  const { capabilities, title } = connector.definition
  if (!capabilities.sink || !capabilities.source) {
    throw new ConfigError('NOT_SUPPORTED', {
      message: `${title} cannot take a stream: its tables have to be written and described. Choose a database.`,
    })
  }
  const target: Target = { kind: 'table', table }
  const name = formatTableName(table)
  let schema: TableSchema | undefined = await readTableSchema(connector, table, undefined)
  let sink: Sink | undefined
  /** Until a change turns out to be impossible: something may depend on the column's type. */
  let widen = true

  const close = async () => {
    const open = sink
    sink = undefined
    await open?.[Symbol.asyncDispose]()
  }
  /** Forgets what is known of the table and its connection. Some databases cannot be read and written at once. */
  const forget = async () => {
    schema = undefined
    await close()
  }

  async function append(rows: readonly StreamRow[], signal: AbortSignal | undefined): Promise<AppendResult> {
    schema ??= await readTableSchema(connector, table, signal)
    sink ??= await connector.openSink(signal ? { signal } : {})
    const scanned = scanRows(rows)
    const planned = await planBatch({ scanned, schema, sink, target, contract, widen })
    const { block, rejected } = fitRows(planned.rows, planned.loaded)
    let written = 0
    if (block.rowCount > 0) {
      const load = loadRows(
        {
          ...{ sink, target, identity: `${identity} ${connector.label} ${name}`, changes: planned.changes },
          columns: planned.loaded.map(({ column }) => column),
          dialect: schema.exists ? schema.dialect : 'stream',
          signal: signal ?? new AbortController().signal,
        },
        block,
      )
      written = await load.catch((error) => {
        if (planned.widened.length > 0 && isMillraceError(error) && error.recovery === 'config') widen = false
        throw error
      })
      if (planned.added.length > 0) tell({ type: 'columns-added', columns: planned.added })
      if (planned.widened.length > 0) tell({ type: 'columns-widened', columns: planned.widened })
      if (planned.changes.length > 0) await forget()
    }
    return { rows: written, quarantined: 0, rejected: [...planned.rejected, ...rejected] }
  }

  return {
    label: `${connector.label} ${name}`,
    async append(rows, signal) {
      const known = schema !== undefined
      try {
        return await append(rows, signal)
      } catch (error) {
        await forget().catch(() => {})
        // The table may have been changed since it was looked at; then the same rows have to be fitted anew.
        if (!known || !isMillraceError(error) || error.recovery !== 'config') throw error
        return await append(rows, signal)
      }
    },
    [Symbol.asyncDispose]: close,
  }
}
