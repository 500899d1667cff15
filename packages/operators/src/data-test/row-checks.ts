import { type Dialect, literal, quoteName } from '../sql/dialect.ts'
import type { DataCheck } from './config.ts'

/** A check as two queries: how many rows fail, and some of them. */
export interface RowCheck {
  readonly count: string
  readonly examples: string
}

export interface Place {
  /** Quoted. */
  readonly table: string
  readonly dialect: Dialect
  /** Columns shown of failing rows, unquoted; empty: those of the check. */
  readonly key: readonly string[]
}

const exampleRows = 10

/** Null for a check that is about the table as a whole. */
export function rowCheck(check: DataCheck, place: Place): RowCheck | null {
  const quote = (name: string) => quoteName(place.dialect, name)
  const shown = (columns: readonly string[]) => [...new Set([...place.key, ...columns])].map(quote).join(', ')
  const rows = (columns: readonly string[], failing: string): RowCheck => {
    const from = `${place.table} where ${check.where === undefined ? '' : `(${check.where}) and `}(${failing})`
    return { count: `select count(*) as failing from ${from}`, examples: limited(place.dialect, shown(columns), from) }
  }
  switch (check.check) {
    case 'not_null':
      return rows([check.column], `${quote(check.column)} is null`)
    case 'accepted_values': {
      const values = check.values.map((value) => literal(place.dialect, value)).join(', ')
      return rows([check.column], `${quote(check.column)} is not null and ${quote(check.column)} not in (${values})`)
    }
    case 'range': {
      const { min, max } = check
      const beyond = [
        ...(min === undefined ? [] : [`${quote(check.column)} < ${literal(place.dialect, min)}`]),
        ...(max === undefined ? [] : [`${quote(check.column)} > ${literal(place.dialect, max)}`]),
      ]
      return rows([check.column], beyond.length === 0 ? '1 = 0' : beyond.join(' or '))
    }
    case 'unique': {
      const columns = typeof check.columns === 'string' ? [check.columns] : check.columns
      const list = columns.map(quote).join(', ')
      const given = columns.map((column) => `${quote(column)} is not null`)
      const where = [...(check.where === undefined ? [] : [`(${check.where})`]), ...given].join(' and ')
      const groups = `${place.table} where ${where} group by ${list} having count(*) > 1`
      return {
        count: `select sum(copies) as failing from (select count(*) as copies from ${groups}) repeated`,
        examples: limited(place.dialect, `${list}, count(*) as ${quote('rows')}`, groups),
      }
    }
    case 'failing_rows': {
      const where = check.where === undefined ? '' : ` where ${check.where}`
      const from = `(${check.sql.replace(/[\s;]+$/, '')}\n) failing_rows${where}`
      return { count: `select count(*) as failing from ${from}`, examples: limited(place.dialect, '*', from) }
    }
    default:
      return null
  }
}

function limited(dialect: Dialect, columns: string, from: string): string {
  const top = dialect.nameQuote === '['
  return `select ${top ? `top (${exampleRows}) ` : ''}${columns} from ${from}${top ? '' : ` limit ${exampleRows}`}`
}
