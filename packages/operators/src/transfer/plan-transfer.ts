import { planTransfer, type TablePlan } from '@millrace/connectors'
import { isMillraceError, type MillraceError } from '@millrace/core'
import type { Json, TaskContext } from '@millrace/workflow'
import { configProblems, settleConfig } from '../kit/config.ts'
import type { TransferConfig } from './config.ts'
import { openTransfer } from './open-transfer.ts'
import { TransferOperator, transferDefinition } from './transfer-operator.ts'

export interface PlanProblem {
  readonly code: string
  /** A sentence for people. */
  readonly message: string
  /** Of the configuration, as a JSON pointer such as `/to/table`; empty: none in particular. */
  readonly path: string
  readonly table?: string
}

export interface TransferTaskPlan {
  readonly tables: readonly TablePlan[]
  /** Tables that match beyond `mostTables`; they were not looked at. */
  readonly moreTables: number
  /** Why the transfer, or one of its tables, would be refused; empty: it would not. */
  readonly problems: readonly PlanProblem[]
}

export interface PlanTransferOptions {
  readonly signal?: AbortSignal
  readonly mostTables?: number
}

/** Problems of a configuration by itself, without its connections; templates stand for any value. */
export function transferProblems(config: Json): readonly PlanProblem[] {
  const problems = configProblems(transferDefinition, config)
  if (problems.length > 0)
    return problems.map((message) => ({ code: 'OPERATOR_INVALID', message, path: pathIn(message) }))
  try {
    new TransferOperator(config as TransferConfig)
    return []
  } catch (error) {
    if (!isMillraceError(error)) throw error
    return [problemOf(error, pathIn(error.message))]
  }
}

/**
 * What a transfer with this configuration, its templates filled in, would do table by table. Reads catalogues only and
 * changes nothing. What is wrong is part of the answer.
 */
export async function planTransferConfig(
  config: Json,
  context: Pick<TaskContext, 'connections'>,
  options: PlanTransferOptions = {},
): Promise<TransferTaskPlan> {
  const invalid = transferProblems(config)
  if (invalid.length > 0) return { tables: [], moreTables: 0, problems: invalid }
  const problems: PlanProblem[] = []
  let path = ''
  try {
    await using opened = await openTransfer(settleConfig(transferDefinition, config) as TransferConfig, context)
    const { tables, moreTables } = await planTransfer(opened.spec, {
      ...options,
      onEnd: (end) => {
        path = `/${end}`
      },
      onTableProblem: (table, error) => {
        if (!Object.hasOwn(paths, error.code)) throw error
        problems.push({ ...problemOf(error, ''), table })
      },
    })
    const conflicts = tables.flatMap(({ table, conflicts }) =>
      conflicts.map((message) => ({ code: 'SCHEMA_CONFLICT', message, path: '/to', table })),
    )
    return { tables, moreTables, problems: [...problems, ...conflicts] }
  } catch (error) {
    if (!isMillraceError(error)) throw error
    const isOfQuery = path === '/from' && error.recovery !== 'transient' && hasQuery(config)
    return { tables: [], moreTables: 0, problems: [...problems, problemOf(error, isOfQuery ? '/from/query' : path)] }
  }
}

/** What of the configuration a code is about. */
const paths: Readonly<Record<string, string>> = {
  COLUMN_NOT_FOUND: '/key',
  COMPRESSED_TWICE: '/to/compression',
  CURSOR_WITH_REPLACE: '/mode',
  FORMAT_CONTRADICTS_NAME: '/to/format',
  FORMAT_REQUIRED: '/to/format',
  INTO_REQUIRED: '/to/table',
  INVALID_TABLE_NAME: '/to/table',
  KEY_REQUIRED: '/key',
  LOOKBACK_NEEDS_KEYS: '/lookback',
  NO_COLUMNS: '/from',
  NO_COMMON_FORMAT: '/to',
  ONE_TARGET_FOR_MANY: '/to/table',
  OPTION_WITHOUT_EFFECT: '/to/path',
  PATH_REQUIRED: '/to/path',
  SPLIT_NEEDS_FOLDER: '/to/path',
  TABLES_REQUIRED: '/from/tables',
  TARGET_NOT_A_TABLE: '/to/table',
  TARGET_TWICE: '/to/table',
}

function problemOf({ code, message }: MillraceError, otherwise: string): PlanProblem {
  return { code, message, path: paths[code] ?? otherwise }
}

function hasQuery(config: Json): boolean {
  return (config as TransferConfig).from.query !== undefined
}

/** Sentences about a configuration name the place first: `"/to/table" …`. */
function pathIn(message: string): string {
  const path = /"(\/[^"]*)"/.exec(message)?.[1] ?? ''
  return path === '/' ? '' : path
}
