import type { Column, LogicalType } from '@millrace/formats'

/** A ClickHouse type, taken apart: `Nullable(DateTime64(6, 'UTC'))`. */
export interface ClickhouseType {
  /** As it was written. */
  readonly text: string
  readonly nullable: boolean
  /** Without `Nullable` and `LowCardinality`: `DateTime64`. */
  readonly base: string
  readonly args: readonly string[]
}

export function parseClickhouseType(text: string): ClickhouseType {
  const { base, args } = split(text.trim())
  const inner = args[0]
  if ((base === 'Nullable' || base === 'LowCardinality' || base === 'SimpleAggregateFunction') && inner !== undefined) {
    const wrapped = parseClickhouseType(base === 'SimpleAggregateFunction' ? (args[1] ?? 'String') : inner)
    return { ...wrapped, text, nullable: wrapped.nullable || base === 'Nullable' }
  }
  return { text, nullable: false, base, args }
}

/** Whether a time type names a time zone that is not UTC: texts without an offset are times of that zone. */
export function isZoned({ base, args }: ClickhouseType): boolean {
  const zone = base === 'DateTime' ? args[0] : base === 'DateTime64' ? args[1] : undefined
  return zone !== undefined && !/^'(Etc\/)?(UTC|GMT|UCT|Zulu)'$/i.test(zone)
}

function split(text: string): { base: string; args: string[] } {
  const open = text.indexOf('(')
  if (open < 0 || !text.endsWith(')')) return { base: text, args: [] }
  const args: string[] = []
  let depth = 0
  let quoted = false
  let from = open + 1
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (quoted && character === '\\') at++
    else if (character === "'") quoted = !quoted
    else if (quoted) continue
    else if (character === '(') depth++
    else if ((character === ',' && depth === 0) || (character === ')' && depth-- === 0)) {
      args.push(text.slice(from, at).trim())
      from = at + 1
    }
  }
  return { base: text.slice(0, open), args }
}

/** What the values of a ClickHouse type are; what has no counterpart is text. */
export function clickhouseLogicalType(type: ClickhouseType): LogicalType {
  const text: LogicalType = { kind: 'text' }
  const integer = /^(U?)Int(8|16|32|64)$/.exec(type.base)
  if (integer) return { kind: 'integer', bits: Number(integer[2]) as 8 | 16 | 32 | 64, unsigned: integer[1] === 'U' }
  switch (type.base) {
    case 'Bool':
      return { kind: 'boolean' }
    case 'Float32':
      return { kind: 'float', bits: 32 }
    case 'Float64':
      return { kind: 'float', bits: 64 }
    case 'Date':
    case 'Date32':
      return { kind: 'date' }
    case 'DateTime':
      return { kind: 'timestamp', utc: type.args.length > 0 }
    case 'DateTime64':
      // Finer than microseconds would be cut.
      return Number(type.args[0] ?? 3) > 6 ? text : { kind: 'timestamp', utc: type.args.length > 1 }
    case 'Decimal':
      return { kind: 'decimal', precision: Number(type.args[0] ?? 10), scale: Number(type.args[1] ?? 0) }
    case 'UUID':
      return { kind: 'uuid' }
    case 'Array': {
      const element = clickhouseLogicalType(parseClickhouseType(type.args[0] ?? 'String'))
      return element.kind === 'list' ? text : { kind: 'list', element }
    }
    default:
      return text
  }
}

export function clickhouseColumn({ name, type }: { readonly name: string; readonly type: string }): Column {
  const parsed = parseClickhouseType(type)
  return { name, type: clickhouseLogicalType(parsed), nullable: parsed.nullable, sourceType: type }
}

/** A name as ClickHouse reads it, whatever it holds. */
export function quoteClickhouseName(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}
