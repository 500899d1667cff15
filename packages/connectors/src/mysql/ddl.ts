import type { Column } from '@millrace/formats'
import type { ServerInfo } from './session.ts'
import { quoteName } from './sql-text.ts'
import { logicalType, parseDeclaration } from './types.ts'

export interface ColumnType {
  readonly name: string
  /** As in a CREATE TABLE, without NULL or NOT NULL. */
  readonly type: string
  readonly nullable: boolean
}

export interface DdlContext {
  readonly server: ServerInfo
  readonly sourceDialect: string
  /** Columns of a key, whose text must be short enough for an index. */
  readonly keys: readonly string[]
}

/** Bytes that a key of InnoDB holds, and four for a character at most. */
const indexBytes = 3072
/** The declared lengths of a row's columns may add up to 65,535 bytes. */
const rowBytes = 48_000

/** The columns that a new table gets, each able to hold every value of its source's column. */
export function columnTypes(columns: readonly Column[], context: DdlContext): ColumnType[] {
  const keyCount = columns.filter((column) => context.keys.includes(column.name)).length
  let bytes = 0
  return columns.map((column) => {
    let type = typeOf(column, context)
    if (context.keys.includes(column.name)) type = asKey(type, keyCount)
    else {
      bytes += declaredBytes(type)
      if (bytes > rowBytes && declaredBytes(type) > 32) type = /binary/.test(type) ? 'longblob' : 'longtext'
    }
    return { name: column.name, type, nullable: column.nullable && !context.keys.includes(column.name) }
  })
}

export function columnDefinition({ name, type, nullable }: ColumnType): string {
  // A timestamp that is not declared NULL would be NOT NULL with an automatic value on old servers.
  return `${quoteName(name)} ${type}${nullable ? ' NULL' : ' NOT NULL'}`
}

export function createTableSql(address: string, columns: readonly ColumnType[], { server, keys }: DdlContext): string {
  const key = keys.length === 0 ? [] : [`PRIMARY KEY (${keys.map(quoteName).join(', ')})`]
  const lines = [...columns.map(columnDefinition), ...key].map((line) => `  ${line}`)
  return `CREATE TABLE ${address} (\n${lines.join(',\n')}\n) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=${exactCollation(server)}`
}

/** Other systems tell `a` from `A` and from `a `: the collation that does, too. */
function exactCollation({ mariadb, major }: ServerInfo): string {
  if (mariadb) return 'utf8mb4_nopad_bin'
  return major >= 8 ? 'utf8mb4_0900_bin' : 'utf8mb4_bin'
}

function typeOf(column: Column, context: DdlContext): string {
  const { type, sourceType } = column
  const { server } = context
  if (context.sourceDialect === 'mysql') {
    const declared = parseDeclaration(sourceType)
    // A column that was overridden to text has another kind than its declaration.
    if (logicalType(declared).kind === type.kind && known(declared.name, server))
      return sameDeclaration(sourceType, server)
  }
  switch (type.kind) {
    case 'boolean':
      return 'tinyint(1)'
    case 'integer':
      return `${{ 8: 'tinyint', 16: 'smallint', 32: 'int', 64: 'bigint' }[type.bits]}${type.unsigned ? ' unsigned' : ''}`
    case 'decimal':
      return decimal(type.precision, type.scale, server)
    case 'float':
      return type.bits === 32 ? 'float' : 'double'
    case 'binary':
      return 'longblob'
    case 'date':
      return 'date'
    case 'time':
    case 'duration':
      return 'time(6)'
    case 'timestamp':
      // The type timestamp ends in 2038: moments are kept as UTC in the type that reaches the year 9999.
      return 'datetime(6)'
    case 'interval':
      return 'varchar(255)'
    case 'uuid':
      return known('uuid', server) ? 'uuid' : 'char(36)'
    case 'json':
      // MySQL's own type writes a document anew, MariaDB's keeps it as it came.
      return server.mariadb ? 'json' : 'longtext'
    case 'enum':
      return enumeration(type.labels)
    case 'list':
      return 'longtext'
    case 'text':
      return text(sourceType)
  }
}

function known(name: string, { mariadb, major, minor }: ServerInfo): boolean {
  const since = { inet6: 5, uuid: 7, inet4: 10 }[name]
  if (since !== undefined) return mariadb && (major > 10 || (major === 10 && minor >= since))
  return name !== 'vector'
}

/** MariaDB and MySQL 8 do not know all of each other's collations. */
function sameDeclaration(sourceType: string, { mariadb }: ServerInfo): string {
  const foreign = mariadb ? /_0900_/ : /_uca1400_|_nopad_/
  return sourceType.replace(/ collate (\w+)/i, (whole, collation: string) => (foreign.test(collation) ? '' : whole))
}

function decimal(precision: number | null, scale: number | null, { mariadb }: ServerInfo): string {
  if (precision === null) return 'longtext'
  const after = Math.max(0, scale ?? 0)
  const digits = Math.max(precision - Math.min(0, scale ?? 0), after, 1)
  return digits > 65 || after > (mariadb ? 38 : 30) ? 'longtext' : `decimal(${digits},${after})`
}

function enumeration(labels: readonly string[]): string {
  const fits = labels.length > 0 && labels.every((label) => label.length <= 255 && !/[\s,]$|^$/.test(label))
  if (!fits) return 'varchar(255)'
  return `enum(${labels.map((label) => `'${label.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`).join(',')})`
}

/** A short declared length is kept; anything else may be of any length. */
function text(sourceType: string): string {
  const length = Number(/^(?:character varying|varchar|character|char|bpchar)\s*\((\d+)\)$/i.exec(sourceType)?.[1] ?? 0)
  return length > 0 && length <= 1024 ? `varchar(${length})` : 'longtext'
}

function asKey(type: string, keyCount: number): string {
  const { name, numbers } = parseDeclaration(type)
  const characters = Math.floor(indexBytes / 4 / keyCount)
  if (/text$|^json$/.test(name) || (name === 'varchar' && (numbers[0] ?? 0) > characters))
    return `varchar(${characters})`
  if (/blob$/.test(name)) return `varbinary(${Math.floor(indexBytes / keyCount)})`
  return type
}

function declaredBytes(type: string): number {
  const { name, numbers } = parseDeclaration(type)
  const length = numbers[0] ?? 1
  if (name === 'varchar' || name === 'char') return length * 4 + 2
  return name === 'varbinary' || name === 'binary' ? length + 2 : 16
}
