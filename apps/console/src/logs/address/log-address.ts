import { type LogFilter, levels, sources } from '../log-entry.ts'
import type { LogQuery } from '../log-search.ts'

/** How a log is looked at, as it stands in an address; what is left out is as usual. */
export interface LogAddress {
  readonly find?: string
  readonly regex?: boolean
  readonly case?: boolean
  /** Those that are shown. */
  readonly levels?: LogFilter['levels']
  readonly sources?: LogFilter['sources']
}

export const logKeys = ['find', 'regex', 'case', 'levels', 'sources'] as const satisfies readonly (keyof LogAddress)[]

/** What is usual, or makes no sense, is undefined, and stays among the keys, so that it is taken out of the address. */
export function logAddress(search: Readonly<Record<string, unknown>>): LogAddress {
  const { find } = search
  const isSought = find !== undefined && find !== ''
  const address: { readonly [Key in keyof Required<LogAddress>]: LogAddress[Key] | undefined } = {
    // What looks like a number or JSON is read as such.
    find: isSought ? (typeof find === 'string' ? find : JSON.stringify(find)) : undefined,
    regex: isSought && search.regex === true ? true : undefined,
    case: isSought && search.case === true ? true : undefined,
    levels: some(search.levels, levels),
    sources: some(search.sources, sources),
  }
  return address as LogAddress
}

export function queryOf({ find = '', regex = false, case: isCaseSensitive = false }: LogAddress): LogQuery {
  return { text: find, isRegex: regex, isCaseSensitive }
}

export function filterOf(address: LogAddress): LogFilter {
  return { levels: address.levels ?? levels, sources: address.sources ?? sources }
}

export function addressOf({ text, isRegex, isCaseSensitive }: LogQuery, filter: LogFilter): LogAddress {
  return logAddress({ find: text, regex: isRegex, case: isCaseSensitive, ...filter })
}

/** Undefined of all, and of none. */
function some<const T extends string>(value: unknown, of: readonly T[]): readonly T[] | undefined {
  const given = Array.isArray(value) ? value : [value]
  const found = of.filter((one) => given.includes(one))
  return found.length === 0 || found.length === of.length ? undefined : found
}
