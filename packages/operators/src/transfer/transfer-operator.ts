import { type Manifest, type TransferSpec, transfer, type WriteMode } from '@millrace/connectors'
import { ConfigError, platformSettings, readSettings } from '@millrace/core'
import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'
import { joinPath, openConnection } from '../kit/open-connection.ts'
import { type TransferConfig, type TransferMode, transferConfigSchema } from './config.ts'
import { fileLayout } from './file-layout.ts'
import { transferReport } from './report.ts'

export const transferDefinition: OperatorDefinition = {
  name: 'transfer',
  title: 'Transfer',
  description:
    'Moves tables, a query or files from one connection to another, with proof. What a killed or failed attempt had finished is not moved again by the next one.',
  configSchema: transferConfigSchema,
  output:
    '`{ rows, bytes, tables: [{ table, target, rows, bytes, mode, inserted, updated, proof, targetRows, durationMs, resumedChunks, losses, load }] }`; `load` names the manifest’s load',
  example: {
    from: { connection: 'shop', query: "select * from orders where day = '{{ dt }}'" },
    to: { connection: 'warehouse', table: 'raw.orders' },
    mode: 'merge',
    key: ['id'],
  },
}

const spelled: Readonly<Record<string, WriteMode>> = { OVERWRITE: 'replace', APPEND: 'append', MERGE: 'merge' }

export class TransferOperator extends DefinedOperator<TransferConfig> {
  constructor(config: TransferConfig) {
    super(transferDefinition, config)
    refuseContradictions(config)
  }

  protected async execute(config: TransferConfig, context: TaskContext): Promise<Json> {
    const { from, to } = config
    const reading = {
      ...(from.format === undefined ? {} : { format: from.format }),
      ...(from.header === undefined ? {} : { header: from.header }),
    }
    await using source = await openConnection(context, from.connection, 'table', {
      ...(from.path === undefined ? {} : { path: from.path }),
      values: reading,
    })
    await using sink = await openConnection(context, to.connection, 'table')
    const path =
      sink.definition.kind === 'object-store' ? joinPath((sink as { path?: string }).path, to.path ?? '') : null
    if (path === '') {
      throw new ConfigError('PATH_REQUIRED', {
        message: `The connection "${to.connection}" writes files. Say which file or folder with "path" at "/to".`,
      })
    }
    if (path === null && to.path !== undefined) {
      throw new ConfigError('OPTION_WITHOUT_EFFECT', {
        message: `"/to/path" is about files, and the connection "${to.connection}" is ${sink.definition.title}. Name a "table" instead.`,
      })
    }
    const into = path ?? to.table
    const { manifests } = await transfer(
      {
        ...optionsOf(config),
        from: {
          connector: source,
          address: from.connection,
          ...(from.query === undefined ? {} : { query: from.query }),
          ...(from.table === undefined ? {} : { tables: [from.table] }),
          ...(from.tables === undefined ? {} : { tables: from.tables }),
        },
        to: {
          connector: sink,
          address: to.connection,
          ...(into === undefined ? {} : { into }),
          ...(path === null ? {} : { file: fileLayout(path, to) }),
        },
      },
      {
        stateDirectory: readSettings({ home: platformSettings.home }).home,
        signal: context.signal,
        onEvent: transferReport(context),
      },
    )
    const tables = manifests.map(({ manifest }) => summary(manifest))
    const sum = (part: 'rows' | 'bytes') => tables.reduce((total, table) => total + table[part], 0)
    return { rows: sum('rows'), bytes: sum('bytes'), tables }
  }
}

function optionsOf({ mode, key, ...config }: TransferConfig): Omit<TransferSpec, 'from' | 'to'> {
  const { from, to, ...options } = config
  return {
    ...options,
    ...(mode === undefined ? {} : { mode: modeOf(mode) }),
    ...(key === undefined ? {} : { keys: typeof key === 'string' ? [key] : key }),
  }
}

function modeOf(mode: TransferMode): WriteMode {
  return spelled[mode] ?? (mode as WriteMode)
}

function refuseContradictions({ from, lookback, cursor }: TransferConfig): void {
  const given = [from.table, from.tables, from.query].filter((choice) => choice !== undefined)
  if (given.length > 1) {
    throw new ConfigError('OPERATOR_INVALID', {
      message:
        'The configuration of the operator "transfer" is not valid: "/from" takes one of table, tables and query.',
    })
  }
  if (lookback === undefined || cursor !== undefined) return
  throw new ConfigError('OPERATOR_INVALID', {
    message:
      'The configuration of the operator "transfer" is not valid: "/lookback" reads behind a watermark, so it needs "cursor".',
  })
}

function summary(manifest: Manifest) {
  const { from, to, rows, bytes, mode, proof, durationMs, chunks, losses, load, result } = manifest
  const { target } = to
  const { rows: targetRows } = proof.target ?? proof.staged ?? {}
  return {
    table: from.table ?? 'query',
    target: target.kind === 'table' ? [...target.table.scope, target.table.name].join('.') : target.path,
    rows,
    bytes,
    mode,
    inserted: result.inserted,
    updated: result.updated,
    proof: proof.level,
    ...(targetRows === undefined ? {} : { targetRows }),
    durationMs,
    resumedChunks: chunks.resumed,
    losses: losses.map(({ column, reason, outcome, count }) => ({ column, reason, outcome, count: Number(count) })),
    load,
  }
}
