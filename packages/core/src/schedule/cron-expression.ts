import { Cron, CronPattern } from 'croner'
import { closestName } from '../closest-name.ts'
import { ConfigError } from '../errors.ts'

const aliases: Readonly<Record<string, string | null>> = {
  '@once': null,
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
}

const fields = [
  { name: 'minute', allowed: /^[\d*,/-]+$/, values: '0 to 59' },
  { name: 'hour', allowed: /^[\d*,/-]+$/, values: '0 to 23' },
  { name: 'day of the month', allowed: /^[\d*,/L-]+$/i, values: '1 to 31, or L for the last day' },
  { name: 'month', allowed: /^[\da-z*,/-]+$/i, values: '1 to 12 or JAN to DEC' },
  { name: 'day of the week', allowed: /^[\da-z*,/#-]+$/i, values: '0 to 7 or SUN to SAT, MON#1 for the first Monday' },
] as const

const example =
  'A schedule is an alias such as @daily or five fields such as "30 2 * * *", which is every day at 02:30.'

/** The times that a cron expression names, as wall times: see WallClock. */
export interface CronExpression {
  /** Whether times in a gap are made up for: the expression names its hours. */
  readonly namesHours: boolean
  /** Whether times that occur twice count twice: minutes or hours are a wildcard, a step or all there are. */
  readonly repeats: boolean
  nextWall(after: number): number | null
  previousWall(before: number): number | null
}

/**
 * Five fields or an alias; null for `@once`.
 *
 * @throws ConfigError `SCHEDULE_INVALID`: names the field
 */
export function parseCron(text: string): CronExpression | null {
  const expression = expand(text)
  if (expression === null) return null
  const parts = expression.split(/\s+/)
  if (parts.length !== fields.length) {
    throw invalid(text, `has ${parts.length === 1 ? 'one field' : `${parts.length} fields`} instead of five`)
  }
  for (const [index, field] of fields.entries()) {
    const part = parts[index] ?? ''
    const alone = fields.map((_, other) => (other === index ? part : '*')).join(' ')
    if (!field.allowed.test(part) || !isReadable(alone)) {
      const stepped = /^(\d+)\/(\d+)$/.exec(part)
      const hint = stepped ? ` Write a step as */${stepped[2]}, or with a range as in 10-50/${stepped[2]}.` : ''
      throw invalid(text, `has "${part}" as its ${field.name}, which takes ${field.values}`, hint)
    }
  }
  // The calendar is the same in every zone, so UTC without its clock changes serves all of them.
  const calendar = new Cron(expression, { utcOffset: 0, mode: '5-part' })
  const { minute, hour } = new CronPattern(expression, undefined, { mode: '5-part' })
  const isWild = (part = '', values: readonly number[]) => /[*/]/.test(part) || values.every((value) => value !== 0)
  const wildHours = isWild(parts[1], hour)
  const cron: CronExpression = {
    namesHours: !wildHours,
    repeats: wildHours || isWild(parts[0], minute),
    nextWall: (after) => calendar.nextRun(new Date(after))?.getTime() ?? null,
    previousWall: (before) => calendar.previousRuns(1, new Date(before))[0]?.getTime() ?? null,
  }
  if (cron.nextWall(0) === null) throw invalid(text, 'names a day that no year has')
  return cron
}

function expand(text: string): string | null {
  const expression = text.trim()
  if (!expression.startsWith('@')) return expression
  const alias = aliases[expression.toLowerCase()]
  if (alias !== undefined) return alias
  const known = Object.keys(aliases)
  const nearest = closestName(expression, known)
  throw invalid(
    text,
    'is not an alias that Millrace knows',
    `${nearest ? ` Did you mean ${nearest}?` : ''} There are ${known.join(', ')}.`,
  )
}

function isReadable(expression: string): boolean {
  try {
    new CronPattern(expression, undefined, { mode: '5-part' })
    return true
  } catch {
    return false
  }
}

function invalid(text: string, problem: string, hint = ''): ConfigError {
  return new ConfigError('SCHEDULE_INVALID', {
    message: `The schedule "${text}" ${problem}.${hint} ${example}`,
    details: { cron: text },
  })
}
