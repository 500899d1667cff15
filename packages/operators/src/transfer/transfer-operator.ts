import { type Manifest, transfer } from '@millrace/connectors'
import { ConfigError, platformSettings, readSettings } from '@millrace/core'
import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'
import { type TransferConfig, transferConfigSchema } from './config.ts'
import { openTransfer } from './open-transfer.ts'
import { transferReport } from './report.ts'

export const transferDefinition: OperatorDefinition = {
  name: 'transfer',
  title: 'Transfer',
  description:
    'Moves tables, a query or files from one connection to another, with proof. What a killed or failed attempt had finished is not moved again by the next one.',
  configSchema: transferConfigSchema,
  output:
    '`{ rows, bytes, tables: [{ table, target, rows, bytes, mode, inserted, updated, proof, targetRows, durationMs, resumedChunks, losses, load, manifest }] }`; `load` names the manifest’s load, and `manifest` is all of it, with both sides of the proof: null where the manifests of many tables take more than 4 MiB',
  example: {
    from: { connection: 'shop', query: "select * from orders where day = '{{ dt }}'" },
    to: { connection: 'warehouse', table: 'raw.orders' },
    mode: 'merge',
    key: ['id'],
  },
}

/** Of all tables, so that the output of a transfer of thousands is still taken. */
const mostManifestCharacters = 4 * 1024 * 1024

export class TransferOperator extends DefinedOperator<TransferConfig> {
  constructor(config: TransferConfig) {
    super(transferDefinition, config)
    refuseContradictions(config)
  }

  protected async execute(config: TransferConfig, context: TaskContext): Promise<Json> {
    await using opened = await openTransfer(config, context)
    const { manifests } = await transfer(opened.spec, {
      stateDirectory: readSettings({ home: platformSettings.home }).home,
      signal: context.signal,
      onEvent: transferReport(context),
    })
    const texts = manifests.map(({ manifest }) => JSON.stringify(manifest))
    const isKept = texts.reduce((sum, text) => sum + text.length, 0) <= mostManifestCharacters
    const tables = manifests.map(({ manifest }, index) => ({
      ...summary(manifest),
      manifest: isKept ? (JSON.parse(texts[index] ?? 'null') as Json) : null,
    }))
    const sum = (part: 'rows' | 'bytes') => tables.reduce((total, table) => total + table[part], 0)
    return { rows: sum('rows'), bytes: sum('bytes'), tables }
  }
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
