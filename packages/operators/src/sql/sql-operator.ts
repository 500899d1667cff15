import { ConfigError } from '@millrace/core'
import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'
import { openConnection } from '../kit/open-connection.ts'
import { bindParameters, type Parameters } from './bind-parameters.ts'
import { leadingComment } from './comment.ts'
import { dialectOf } from './dialect.ts'
import { type Expectations, expectResult } from './expectations.ts'
import { keptRows } from './kept-rows.ts'
import { runScript } from './run-script.ts'
import { splitStatements } from './split-statements.ts'

export type SqlConfig = {
  readonly connection: string
  readonly sql: string
  readonly parameters?: Parameters
  /** Default true. */
  readonly transaction?: boolean
  readonly expect?: Expectations
  /** Default 1,000. */
  readonly rowLimit?: number
}

const sqlConfigSchema = {
  type: 'object',
  properties: {
    connection: { type: 'string', minLength: 1, title: 'Connection', description: 'A database.', 'x-connection': true },
    sql: {
      type: 'string',
      minLength: 1,
      title: 'SQL',
      description: 'One or more statements with a semicolon between them.',
      'x-code': 'sql',
    },
    parameters: {
      type: 'object',
      title: 'Parameters',
      description:
        'Values that stand for `:name` in the SQL, as literals of the database. The safe way for values from outside.',
      additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
    },
    transaction: {
      type: 'boolean',
      default: true,
      title: 'In one transaction',
      description:
        'All statements or none, on PostgreSQL, MySQL, SQLite and DuckDB. Turn it off for statements that cannot be in a transaction, such as VACUUM. A script with BEGIN or COMMIT of its own is left alone. On MySQL, statements that define tables commit by themselves.',
    },
    expect: {
      type: 'object',
      title: 'Expected',
      description: 'What the last result has to be; otherwise the task fails and its transaction is rolled back.',
      properties: {
        rows: {
          type: 'object',
          title: 'Rows',
          properties: {
            min: { type: 'integer', minimum: 0, title: 'Fewest rows' },
            max: { type: 'integer', minimum: 0, title: 'Most rows' },
          },
          additionalProperties: false,
        },
        value: {
          type: ['string', 'number', 'boolean', 'null'],
          title: 'First value',
          description: 'Of the first column of the first row.',
        },
      },
      additionalProperties: false,
    },
    rowLimit: {
      type: 'integer',
      minimum: 0,
      maximum: 10_000,
      default: 1000,
      title: 'Rows kept',
      description:
        'Rows of the last result that the output holds at most, and no more than 4,000,000 characters. `cut` in the output says that there were more.',
    },
  },
  required: ['connection', 'sql'],
  additionalProperties: false,
}

export const sqlDefinition: OperatorDefinition = {
  name: 'sql',
  title: 'SQL',
  description:
    'Runs statements on a database over one connection. Its output holds the rows changed by each statement and the last result.',
  configSchema: sqlConfigSchema,
  output:
    '`{ statements: [{ line, verb, changed, durationMs }], columns, rows, cut }`; rows are objects, and `cut` says that there were more',
  example: {
    connection: 'warehouse',
    sql: "delete from daily_sales where day = '{{ dt }}';\ninsert into daily_sales select day, sum(amount) from sales where day = '{{ dt }}' group by day;",
  },
}

const changing = new Set(['insert', 'update', 'delete', 'merge', 'replace', 'copy', 'load'])

export class SqlOperator extends DefinedOperator<SqlConfig> {
  constructor(config: SqlConfig) {
    super(sqlDefinition, config)
  }

  protected async execute(config: SqlConfig, context: TaskContext): Promise<Json> {
    const { connection, parameters, transaction = true, expect, rowLimit = 1000 } = config
    await using connector = await openConnection(context, connection, 'sql')
    const dialect = dialectOf(connector.definition.name)
    const sql = parameters === undefined ? config.sql : bindParameters(config.sql, parameters, dialect)
    const statements = splitStatements(sql, dialect)
    if (statements.length === 0) {
      throw new ConfigError('SQL_EMPTY', { message: 'The SQL holds no statement, only comments or space. Write one.' })
    }
    const ran = await runScript(connector, statements, {
      transaction,
      // Enough to tell whether there are more rows than are expected.
      rowLimit: Math.max(rowLimit, expect?.rows?.min ?? 0, (expect?.rows?.max ?? -1) + 1),
      comment: leadingComment(context),
      signal: context.signal,
      onStatement: (_, index) => context.heartbeat({ done: index, total: statements.length, unit: 'statements' }),
      ...(expect === undefined ? {} : { accept: (result) => expectResult(result, expect) }),
    })
    context.heartbeat({ done: statements.length, total: statements.length, unit: 'statements' })
    for (const { verb, line, changed, durationMs } of ran.statements) {
      const rows = changed === null || (changed === 0 && !changing.has(verb)) ? '' : `, ${changed} rows changed`
      context.log.info(`${verb.toUpperCase()} on line ${line}: ${durationMs} ms${rows}.`)
    }
    const { columns = [], rows = [], cut = false } = ran.result ?? {}
    const kept = keptRows(columns, rows, rowLimit)
    const isCut = cut || kept.length < rows.length
    if (isCut) context.log.warn(`The result has more rows than the ${kept.length} that are kept.`)
    return {
      statements: ran.statements.map((statement) => ({ ...statement })),
      columns,
      rows: kept,
      cut: isCut,
    }
  }
}
