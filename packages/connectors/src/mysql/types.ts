import type { LogicalType } from '@millrace/formats'
import type { TypeMapping } from '../kit/connector.ts'
import type { ResultField } from './session.ts'

/** A declaration such as `int(6) unsigned zerofill` or `varchar(9) collate latin1_swedish_ci`, taken apart. */
export interface Declaration {
  /** Lower case, without arguments: `int`, `varchar`, `double`. */
  readonly name: string
  readonly numbers: readonly number[]
  /** Of enum and set. */
  readonly labels: readonly string[]
  readonly unsigned: boolean
  readonly zerofill: boolean
  readonly collation: string | undefined
}

export function parseDeclaration(text: string): Declaration {
  const [, name = '', args = '', rest = ''] =
    /^\s*([a-z0-9_]+(?: precision)?)\s*(?:\(((?:'(?:[^']|'')*'|[^')])*)\))?(.*)$/is.exec(text) ?? []
  const labels = [...args.matchAll(/'((?:[^']|'')*)'/g)].map((match) => (match[1] ?? '').replaceAll("''", "'"))
  return {
    name: synonyms[name.toLowerCase()] ?? name.toLowerCase(),
    numbers: labels.length > 0 ? [] : (args.match(/\d+/g) ?? []).map(Number),
    labels,
    unsigned: /\b(unsigned|zerofill)\b/i.test(rest),
    zerofill: /\bzerofill\b/i.test(rest),
    collation: /\bcollate\s+(\w+)/i.exec(rest)?.[1],
  }
}

const synonyms: Readonly<Record<string, string>> = {
  integer: 'int',
  'double precision': 'double',
  real: 'double',
  numeric: 'decimal',
  dec: 'decimal',
  bool: 'tinyint',
  boolean: 'tinyint',
}

const integerBits: Readonly<Record<string, 8 | 16 | 32 | 64>> = {
  tinyint: 8,
  smallint: 16,
  mediumint: 32,
  int: 32,
  bigint: 64,
}

export const geometryNames = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
])

const binaryNames = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'vector'])

/** The logical type of a declared column. `tinyint(1)` is a number: it can hold 2. */
export function logicalType(declared: Declaration): LogicalType {
  const { name, numbers, unsigned } = declared
  const bits = integerBits[name]
  if (bits !== undefined) return { kind: 'integer', bits, unsigned }
  if (binaryNames.has(name) || geometryNames.has(name)) return { kind: 'binary' }
  switch (name) {
    case 'year':
      return { kind: 'integer', bits: 16, unsigned: false }
    case 'bit':
      return { kind: 'integer', bits: 64, unsigned: true }
    case 'decimal':
      return { kind: 'decimal', precision: numbers[0] ?? 10, scale: numbers[1] ?? 0 }
    case 'float':
      return { kind: 'float', bits: (numbers[0] ?? 0) > 24 && numbers.length === 1 ? 64 : 32 }
    case 'double':
      return { kind: 'float', bits: 64 }
    case 'date':
      return { kind: 'date' }
    case 'datetime':
      return { kind: 'timestamp', utc: false }
    case 'timestamp':
      return { kind: 'timestamp', utc: true }
    case 'time':
      return { kind: 'duration' }
    case 'json':
      return { kind: 'json' }
    case 'uuid':
      return { kind: 'uuid' }
    case 'enum':
      return { kind: 'enum', labels: declared.labels }
    default:
      return { kind: 'text' }
  }
}

/** For the documentation. */
export const documentedTypes: readonly TypeMapping[] = [
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'bigint unsigned',
  'decimal(10,2)',
  'float',
  'double',
  'bit(20)',
  'year',
  'date',
  'datetime(6)',
  'timestamp(6)',
  'time(6)',
  'char, varchar, text',
  "enum('a')",
  "set('a')",
  'binary, varbinary, blob',
  'json',
  'uuid',
  'geometry',
].map((source) => ({ source, type: logicalType(parseDeclaration(source)) }))

const names: Readonly<Record<number, string>> = {
  0: 'decimal',
  1: 'tinyint',
  2: 'smallint',
  3: 'int',
  4: 'float',
  5: 'double',
  6: 'null',
  7: 'timestamp',
  8: 'bigint',
  9: 'mediumint',
  10: 'date',
  11: 'time',
  12: 'datetime',
  13: 'year',
  14: 'date',
  16: 'bit',
  245: 'json',
  246: 'decimal',
  255: 'geometry',
}

const flag = { notNull: 1, unsigned: 32, zerofill: 64, enum: 256, set: 2048 }
const binaryCharset = 63
/** `decimals` of a floating-point column without a declared scale, and of a time that has none. */
const undeclared = 31

export function isNullable(field: ResultField): boolean {
  return (field.flags & flag.notNull) === 0
}

/** The declaration that a result's column would have, from what the protocol says of it. */
export function declarationOf(field: ResultField): string {
  if (field.extendedFormat === 'json') return 'json'
  if (field.extendedTypeName && /^(uuid|inet4|inet6)$/.test(field.extendedTypeName)) return field.extendedTypeName
  const unsigned = (field.flags & flag.unsigned) !== 0
  const sign = `${unsigned ? ' unsigned' : ''}${(field.flags & flag.zerofill) === 0 ? '' : ' zerofill'}`
  const name = names[field.columnType]
  switch (name) {
    case undefined:
      return stringDeclaration(field)
    case 'null':
      return 'varchar(1)'
    case 'decimal': {
      const precision = field.columnLength - (field.decimals > 0 ? 1 : 0) - (unsigned ? 0 : 1)
      return `decimal(${Math.min(65, Math.max(precision, field.decimals, 1))},${field.decimals})${sign}`
    }
    case 'bit':
      return `bit(${field.columnLength})`
    case 'time':
    case 'datetime':
    case 'timestamp':
      return field.decimals > 0 && field.decimals < undeclared ? `${name}(${field.decimals})` : name
    default:
      return `${name}${sign}`
  }
}

function stringDeclaration(field: ResultField): string {
  const { flags, columnLength, columnType } = field
  if ((flags & flag.enum) !== 0 || columnType === 247) return 'char(255)'
  if ((flags & flag.set) !== 0 || columnType === 248) return 'varchar(1024)'
  const binary = field.characterSet === binaryCharset
  if (columnType >= 249 && columnType <= 252) {
    const kind = binary ? 'blob' : 'text'
    if (columnLength >= 2 ** 24) return `long${kind}`
    return columnLength > 65_535 * (binary ? 1 : 4) ? `medium${kind}` : kind
  }
  // Results come in utf8mb4, four bytes a character at most.
  return binary ? `varbinary(${columnLength})` : `varchar(${Math.max(1, Math.ceil(columnLength / 4))})`
}
