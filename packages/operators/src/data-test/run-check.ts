import type { Row, SqlConnector } from '@millrace/connectors'
import type { TaskContext } from '@millrace/workflow'
import { openConnection } from '../kit/open-connection.ts'
import { quoteName } from '../sql/dialect.ts'
import type { DataCheck } from './config.ts'
import { reconcile } from './reconcile.ts'
import { type Place, rowCheck } from './row-checks.ts'

export interface Finding {
  /** Rows that fail; of checks about the table as a whole, by how much, at least 1. */
  readonly failing: number
  /** Some of the failing rows, at most 10. */
  readonly examples: readonly Row[]
  /** What was found, without the name of the check. */
  readonly message: string
}

export interface CheckContext extends Place {
  readonly connector: SqlConnector
  /** As in the configuration. */
  readonly tableName: string
  /** Stands before each query. */
  readonly comment: string
  readonly task: TaskContext
}

export async function runCheck(check: DataCheck, context: CheckContext): Promise<Finding> {
  const { connector, table, comment, task } = context
  const { signal } = task
  const ask = (sql: string) => connector.query(`${comment}\n${sql}`, { scalar: true, signal })
  const where = check.where === undefined ? '' : ` where ${check.where}`
  const rows = rowCheck(check, context)
  if (rows !== null) {
    const failing = Number((await ask(rows.count)) ?? 0)
    const examples =
      failing === 0 ? [] : (await connector.query(`${comment}\n${rows.examples}`, { signal })).map(shortened)
    return { failing, examples, message: failing === 0 ? 'no row fails' : `${failing} rows fail` }
  }
  switch (check.check) {
    case 'row_count': {
      const count = Number(await ask(`select count(*) from ${table}${where}`))
      const { min = 0, max = Number.POSITIVE_INFINITY } = check
      const failing = Math.max(0, min - count, count - max)
      const wanted = [
        ...(check.min === undefined ? [] : [`at least ${min}`]),
        ...(check.max === undefined ? [] : [`at most ${max}`]),
      ]
      return {
        failing,
        examples: [],
        message: `${count} rows${failing > 0 ? `, ${wanted.join(' and ')} are expected` : ''}`,
      }
    }
    case 'freshness':
      return freshness(
        await ask(`select max(${quoteName(context.dialect, check.column)}) from ${table}${where}`),
        check.maxAgeSeconds,
      )
    case 'reconcile': {
      await using source = await openConnection(task, check.source.connection, 'table')
      const ends = { source, target: connector, targetTable: context.tableName, quotedTable: table, signal }
      const { failing, message } = await reconcile(check, ends)
      return { failing, examples: [], message }
    }
    default:
      throw new Error(`There is no check "${check.check}".`)
  }
}

/** Long texts are shown by their beginning. */
function shortened(row: Row): Row {
  const cut = (value: Row[string]) =>
    typeof value === 'string' && value.length > 200 ? `${value.slice(0, 200)}…` : value
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cut(value ?? null)]))
}

function freshness(latest: string | number | boolean | null, maxAgeSeconds: number): Finding {
  if (latest === null) return { failing: 1, examples: [], message: 'there is no time at all' }
  const text = String(latest).trim()
  const zoned = /(Z|[+-]\d{2}(:?\d{2})?)$/i.test(text) && /\d:\d/.test(text)
  const iso = text.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00')
  const at = Date.parse(zoned ? iso : /\d:\d/.test(text) ? `${iso}Z` : iso)
  if (Number.isNaN(at)) return { failing: 1, examples: [], message: `"${text}" is no time` }
  const ageSeconds = Math.round((Date.now() - at) / 1000)
  const failing = ageSeconds > maxAgeSeconds ? 1 : 0
  return {
    failing,
    examples: [],
    message: `the latest is ${text}, ${ageSeconds} s old${failing ? `, at most ${maxAgeSeconds} s are allowed` : ''}`,
  }
}
