import type { Column, LogicalType } from '@millrace/formats'
import type { TypeMapping } from '../kit/connector.ts'
import type { Session } from './session.ts'

/** A column as the server knows it. */
export interface PgColumn extends Column {
  readonly oid: number
  readonly typmod: number
  /** The type below all domains. */
  readonly base: PgType
}

export interface PgType {
  readonly oid: number
  /** `pg_type.typname`; qualified when it is not one of the system's. */
  readonly name: string
  /** `b` base, `c` composite, `e` enum, `r` range, `m` multirange. */
  readonly class: string
  readonly typmod: number
  readonly element: PgType | null
  readonly labels: readonly string[]
}

/** What the server says of a column before its type is looked up. */
export interface RawColumn {
  readonly name: string
  readonly oid: number
  readonly typmod: number
  readonly nullable: boolean
}

interface TypeRow {
  readonly name: string
  readonly class: string
  readonly baseOid: number
  readonly baseTypmod: number
  readonly elementOid: number
  readonly labels: readonly string[]
}

/** Looks up the types of columns and maps them to the neutral ones. */
export async function resolveColumns(session: Session, raw: readonly RawColumn[]): Promise<PgColumn[]> {
  const types = await loadTypes(session, raw)
  const declarations = await session.query(
    `select format_type(t.oid, t.typmod) from unnest($1::oid[], $2::int4[]) with ordinality as t (oid, typmod, n) order by n`,
    [raw.map((column) => column.oid), raw.map((column) => column.typmod)],
  )
  return raw.map((column, index) => {
    const base = buildType(types, column.oid, column.typmod)
    return {
      ...column,
      base,
      type: logicalType(base),
      sourceType: declarations.rows[index]?.[0] ?? base.name,
    }
  })
}

async function loadTypes(session: Session, raw: readonly RawColumn[]): Promise<Map<number, TypeRow>> {
  const types = new Map<number, TypeRow>()
  let wanted = new Set(raw.map((column) => column.oid))
  // Domains over arrays of domains: as many rounds as there are levels.
  while (wanted.size > 0) {
    const { rows } = await session.query(
      `select t.oid, case when n.nspname = 'pg_catalog' then t.typname else n.nspname || '.' || t.typname end,
              t.typtype, t.typbasetype, t.typtypmod,
              -- int2vector and oidvector are arrays by category only: they print as plain numbers.
              case when t.typcategory = 'A' and t.typlen = -1 and t.typarray = 0 then t.typelem else 0 end,
              (select json_agg(l.enumlabel order by l.enumsortorder) from pg_enum l where l.enumtypid = t.oid)
         from pg_type t join pg_namespace n on n.oid = t.typnamespace
        where t.oid = any ($1::oid[])`,
      [[...wanted]],
    )
    wanted = new Set()
    for (const row of rows) {
      const [oid, baseOid, elementOid] = [Number(row[0]), Number(row[3]), Number(row[5])]
      types.set(oid, {
        name: row[1] ?? '',
        class: row[2] ?? 'b',
        baseOid,
        baseTypmod: Number(row[4]),
        elementOid,
        labels: row[6] ? (JSON.parse(row[6]) as string[]) : [],
      })
      for (const next of [baseOid, elementOid]) if (next !== 0 && !types.has(next)) wanted.add(next)
    }
  }
  return types
}

function buildType(types: ReadonlyMap<number, TypeRow>, oid: number, typmod: number): PgType {
  const row = types.get(oid)
  if (!row) return { oid, name: 'unknown', class: 'b', typmod, element: null, labels: [] }
  if (row.class === 'd') return buildType(types, row.baseOid, row.baseTypmod)
  const element = row.elementOid === 0 ? null : buildType(types, row.elementOid, typmod)
  return { oid, name: row.name, class: row.class, typmod, element, labels: row.labels }
}

const text: LogicalType = { kind: 'text' }

const scalars: Readonly<Record<string, LogicalType>> = {
  bool: { kind: 'boolean' },
  int2: { kind: 'integer', bits: 16, unsigned: false },
  int4: { kind: 'integer', bits: 32, unsigned: false },
  int8: { kind: 'integer', bits: 64, unsigned: false },
  oid: { kind: 'integer', bits: 32, unsigned: true },
  xid: { kind: 'integer', bits: 32, unsigned: true },
  cid: { kind: 'integer', bits: 32, unsigned: true },
  xid8: { kind: 'integer', bits: 64, unsigned: true },
  float4: { kind: 'float', bits: 32 },
  float8: { kind: 'float', bits: 64 },
  money: { kind: 'decimal', precision: 19, scale: 2 },
  bytea: { kind: 'binary' },
  date: { kind: 'date' },
  time: { kind: 'time' },
  timestamp: { kind: 'timestamp', utc: false },
  timestamptz: { kind: 'timestamp', utc: true },
  interval: { kind: 'interval' },
  uuid: { kind: 'uuid' },
  json: { kind: 'json' },
  jsonb: { kind: 'json' },
}

/** For the documentation. */
export const documentedTypes: readonly TypeMapping[] = [
  ...Object.entries(scalars).map(([source, type]) => ({ source, type })),
  { source: 'numeric(10,2)', type: { kind: 'decimal', precision: 10, scale: 2 } },
  { source: 'numeric', type: { kind: 'decimal', precision: null, scale: null } },
  { source: 'an enum', type: { kind: 'enum', labels: [] } },
  { source: 'an array, such as int4[]', type: { kind: 'list', element: scalars.int4 ?? text } },
  { source: 'text, varchar, char', type: text },
  { source: 'any other', type: text, remark: 'As the server prints it.' },
]

/** Everything without a kind of its own (time with zone, ranges, composites, addresses, bits, extensions) is text. */
export function logicalType(type: PgType): LogicalType {
  if (type.element) return { kind: 'list', element: logicalType(type.element) }
  if (type.class === 'e') return { kind: 'enum', labels: type.labels }
  if (type.name === 'numeric') return decimalOf(type.typmod)
  return scalars[type.name] ?? text
}

/** The modifier holds precision and scale, the latter as 11 bits with a sign since version 15. */
export function decimalOf(typmod: number): LogicalType {
  if (typmod < 4) return { kind: 'decimal', precision: null, scale: null }
  const precision = ((typmod - 4) >> 16) & 0xffff
  const scale = (((typmod - 4) & 0x7ff) ^ 1024) - 1024
  // numeric(5,-2) holds up to 9999900: seven digits, none after the point. numeric(3,5) needs five.
  if (scale < 0) return { kind: 'decimal', precision: precision - scale, scale: 0 }
  return { kind: 'decimal', precision: Math.max(precision, scale), scale }
}
