import { ConfigError, closestName } from '@millrace/core'
import { type Dialect, literal } from './dialect.ts'
import { tokens } from './tokens.ts'

export type Parameters = Readonly<Record<string, string | number | boolean | null>>

/**
 * Puts values in place of `:name`, as literals of the dialect; not inside strings, names and comments, nor in `::type`.
 *
 * @throws ConfigError `SQL_PARAMETER_UNKNOWN`, `SQL_PARAMETER_UNUSED`
 */
export function bindParameters(sql: string, parameters: Parameters, dialect: Dialect): string {
  const known = Object.keys(parameters)
  const used = new Set<string>()
  let bound = ''
  for (const { kind, start, end } of tokens(sql, dialect)) {
    const text = sql.slice(start, end)
    if (kind !== 'code') {
      bound += text
      continue
    }
    bound += text.replace(/(?<![:\w]):([A-Za-z_]\w*)/g, (_, name: string) => {
      if (!Object.hasOwn(parameters, name)) throw unknown(name, known)
      used.add(name)
      return literal(dialect, parameters[name] ?? null)
    })
  }
  const unused = known.find((name) => !used.has(name))
  if (unused === undefined) return bound
  throw new ConfigError('SQL_PARAMETER_UNUSED', {
    message: `The SQL does not use the parameter "${unused}". Write :${unused} where its value belongs, outside of quotes, or leave it out.`,
    details: { parameter: unused },
  })
}

function unknown(name: string, known: readonly string[]): ConfigError {
  const nearest = closestName(name, known)
  return new ConfigError('SQL_PARAMETER_UNKNOWN', {
    message: `The SQL names the parameter :${name}, which is not given.${nearest ? ` Did you mean :${nearest}?` : ''} Given are: ${known.join(', ')}.`,
    details: { parameter: name, known },
  })
}
