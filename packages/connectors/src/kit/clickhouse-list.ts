import type { LogicalType } from '@millrace/formats'
import { type ClickhouseType, isZoned, parseClickhouseType } from './clickhouse-type.ts'

export type ClickhouseList =
  | { readonly reason: null; readonly text: string; readonly bounds: boolean }
  /** Why the value is no array of this type. */
  | { readonly reason: string }

/** PostgreSQL's array literal in ClickHouse's notation: `{1,NULL,"a"}` is `[1,NULL,'a']`. */
export function clickhouseListText(literal: string, type: LogicalType, stored: ClickhouseType): ClickhouseList {
  const elements = readList(literal)
  if (typeof elements === 'string') return { reason: elements }
  const element = parseClickhouseType(stored.args[0] ?? 'String')
  const logical: LogicalType = type.kind === 'list' ? type.element : { kind: 'text' }
  const texts: string[] = []
  for (const value of elements) {
    if (value === null) {
      if (!element.nullable) return { reason: 'null-element' }
      texts.push('NULL')
      continue
    }
    const reason = whyNot(value, logical)
    if (reason !== null) return { reason }
    texts.push(elementText(value, logical, element))
  }
  return { reason: null, text: `[${texts.join(',')}]`, bounds: literal.startsWith('[') }
}

function whyNot(value: string, { kind }: LogicalType): string | null {
  if (kind === 'decimal') return value === 'NaN' ? 'decimal-nan' : /y$/.test(value) ? 'decimal-infinity' : null
  if (kind !== 'date' && kind !== 'timestamp') return null
  if (value.endsWith('infinity')) return `infinite-${kind}`
  const year = /^(\d{4})-/.exec(value)?.[1]
  return year === undefined || year < '1900' || year > '2299' || value.endsWith('BC') ? `${kind}-range` : null
}

function elementText(value: string, type: LogicalType, element: ClickhouseType): string {
  if (type.kind === 'boolean') return value === 't' ? 'true' : 'false'
  if (/^(U?Int|Float|Decimal)/.test(element.base)) return value
  const plain = type.kind === 'timestamp' && type.utc && !isZoned(element) ? value.replace(/\+00$/, '') : value
  return `'${plain.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** The elements of a literal of one dimension, or why it has none. */
export function readList(literal: string): (string | null)[] | string {
  const open = literal.indexOf('{')
  if (open < 0 || !literal.endsWith('}')) return 'invalid-text'
  const elements: (string | null)[] = []
  const last = literal.length - 1
  for (let at = open + 1; at < last; at++) {
    let value = ''
    if (literal[at] === '{') return 'list-dimensions'
    if (literal[at] === '"') {
      for (at++; at < last && literal[at] !== '"'; at++) {
        if (literal[at] === '\\') at++
        value += literal[at]
      }
      at++
      elements.push(value)
    } else {
      const from = at
      while (at < last && literal[at] !== ',') at++
      const bare = literal.slice(from, at)
      elements.push(/^null$/i.test(bare) ? null : bare.replace(/\\(.)/gs, '$1'))
    }
  }
  return elements
}

/** ClickHouse's notation, as `clickhouseListText` writes it, as PostgreSQL's array literal. */
export function postgresListText(text: string, { kind }: LogicalType, utc: boolean): string {
  const elements: string[] = []
  for (const [, quoted, bare] of text.slice(1, -1).matchAll(/'((?:[^'\\]|\\.)*)'|([^,]+)/gs)) {
    if (bare !== undefined) elements.push(kind === 'boolean' && bare !== 'NULL' ? bare.slice(0, 1) : bare)
    else {
      const value = (quoted ?? '').replace(/\\(.)/gs, '$1')
      elements.push(literalElement(utc ? `${value}+00` : value))
    }
  }
  return `{${elements.join(',')}}`
}

function literalElement(value: string): string {
  if (value !== '' && !/^null$/i.test(value) && !/[{},"\\\s\v]/.test(value)) return value
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
