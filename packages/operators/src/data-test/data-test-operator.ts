import { parseTableName } from '@millrace/connectors'
import { DataError, isMillraceError } from '@millrace/core'
import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'
import { openConnection } from '../kit/open-connection.ts'
import { leadingComment } from '../sql/comment.ts'
import { dialectOf, quoteName } from '../sql/dialect.ts'
import { type DataCheck, type DataTestConfig, dataTestConfigSchema } from './config.ts'
import { type CheckContext, runCheck } from './run-check.ts'

export const dataTestDefinition: OperatorDefinition = {
  name: 'data_test',
  title: 'Data tests',
  description:
    'Checks a table: every check is made, each has its result in the log and in the output, and one that fails with the severity error fails the task.',
  configSchema: dataTestConfigSchema,
  output: '`{ table, passed, warned, checks: [{ name, check, severity, status, failing, examples, message }] }`',
  example: {
    connection: 'warehouse',
    table: 'raw.orders',
    key: 'id',
    checks: [
      { check: 'unique', columns: 'id' },
      { check: 'not_null', column: 'customer_id' },
      { check: 'accepted_values', column: 'state', values: ['open', 'paid', 'sent'] },
      { check: 'row_count', min: 1, where: "day = '{{ dt }}'" },
      { check: 'freshness', column: 'changed_at', maxAgeSeconds: 86400, severity: 'warn' },
    ],
  },
}

type CheckResult = {
  readonly name: string
  readonly check: string
  readonly severity: 'error' | 'warn'
  /** `broken`: it could not be made. */
  readonly status: 'passed' | 'failed' | 'warned' | 'broken'
  readonly failing: number
  readonly examples: readonly { readonly [column: string]: Json }[]
  readonly message: string
}

export class DataTestOperator extends DefinedOperator<DataTestConfig> {
  constructor(config: DataTestConfig) {
    super(dataTestDefinition, config)
  }

  protected async execute(
    { connection, table, key = [], checks }: DataTestConfig,
    context: TaskContext,
  ): Promise<Json> {
    await using connector = await openConnection(context, connection, 'sql')
    const dialect = dialectOf(connector.definition.name)
    const { scope, name } = parseTableName(table)
    const place: CheckContext = {
      connector,
      dialect,
      tableName: table,
      table: [...scope, name].map((part) => quoteName(dialect, part)).join('.'),
      key: typeof key === 'string' ? [key] : key,
      comment: leadingComment(context),
      task: context,
    }
    const results: CheckResult[] = []
    for (const [index, check] of checks.entries()) {
      context.heartbeat({ done: index, total: checks.length, unit: 'checks' })
      const result = await resultOf(check, place)
      tell(result, context)
      results.push(result)
    }
    const failed = results.filter(({ status }) => status === 'failed' || status === 'broken')
    if (failed.length > 0) throw testsFailed(table, failed, results)
    const count = (status: string) => results.filter((result) => result.status === status).length
    return { table, passed: count('passed'), warned: count('warned'), checks: results }
  }
}

async function resultOf(check: DataCheck, context: CheckContext): Promise<CheckResult> {
  const { severity = 'error' } = check
  const about = { name: check.name ?? nameOf(check), check: check.check, severity }
  try {
    const { failing, examples, message } = await runCheck(check, context)
    const status = failing === 0 ? 'passed' : severity === 'warn' ? 'warned' : 'failed'
    return { ...about, status, failing, examples, message }
  } catch (error) {
    // One check that names a column that is not there keeps no other from being made; a lost server would keep all.
    if (!isMillraceError(error) || error.recovery === 'transient' || context.task.signal.aborted) throw error
    const message = error.message.replace(/\.$/, '')
    return { ...about, status: 'broken', failing: 0, examples: [], message: `it could not be made: ${message}` }
  }
}

function tell({ name, status, message, examples }: CheckResult, { log }: TaskContext): void {
  const fields = examples.length > 0 ? { examples } : undefined
  const text = `${name}: ${message}.`
  if (status === 'passed') log.info(text)
  else if (status === 'warned') log.warn(text, fields)
  else log.error(text, fields)
}

function testsFailed(table: string, failed: readonly CheckResult[], results: readonly CheckResult[]): DataError {
  const list = failed.map(({ name, message }) => `${name} (${message})`).join('; ')
  return new DataError('DATA_TEST_FAILED', {
    message: `${failed.length} of ${results.length} checks of ${table} failed: ${list}. The log shows some of the rows.`,
    details: { table, checks: results },
  })
}

function nameOf(check: DataCheck): string {
  const columns = 'column' in check ? [check.column] : check.check === 'unique' ? [check.columns].flat() : []
  return [check.check, ...columns].join('_')
}
