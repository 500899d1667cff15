import { FatalError } from '@millrace/core'
import { type ColumnDecoder, decodeBytes, type LogicalType } from '@millrace/formats'
import { arrayDecoder } from './array-decoder.ts'
import { numericDecoder } from './numeric-decoder.ts'
import { decodeBits, decodeInterval, decodeTimetz } from './printed-decoders.ts'
import { decodeBool, decodeInt2, decodeJsonb, decodeTwoWords, decodeUuid, decodeWord } from './scalar-decoders.ts'
import { decodeDate, decodeTime, decodeTimestamp } from './temporal-decoders.ts'

/** What decides how the server sends a value: `pg_type.typname` below all domains, the class (`e` is an enum), an array's element. */
export interface BinaryType {
  readonly name: string
  readonly class: string
  readonly element: BinaryType | null
}

/** Fields whose binary form decodes to the kind of value that their column stores. */
const decoders: Readonly<
  Record<string, { readonly kinds: readonly LogicalType['kind'][]; readonly decoder: ColumnDecoder }>
> = {
  bool: { kinds: ['boolean'], decoder: decodeBool },
  int2: { kinds: ['integer'], decoder: decodeInt2 },
  int4: { kinds: ['integer'], decoder: decodeWord },
  int8: { kinds: ['integer'], decoder: decodeTwoWords },
  oid: { kinds: ['integer'], decoder: decodeWord },
  xid: { kinds: ['integer'], decoder: decodeWord },
  cid: { kinds: ['integer'], decoder: decodeWord },
  xid8: { kinds: ['integer'], decoder: decodeTwoWords },
  float4: { kinds: ['float'], decoder: decodeWord },
  float8: { kinds: ['float'], decoder: decodeTwoWords },
  text: { kinds: ['text', 'enum', 'json', 'interval'], decoder: decodeBytes },
  varchar: { kinds: ['text', 'enum'], decoder: decodeBytes },
  bpchar: { kinds: ['text'], decoder: decodeBytes },
  name: { kinds: ['text'], decoder: decodeBytes },
  json: { kinds: ['json', 'text'], decoder: decodeBytes },
  jsonb: { kinds: ['json', 'text'], decoder: decodeJsonb },
  bytea: { kinds: ['binary'], decoder: decodeBytes },
  uuid: { kinds: ['uuid'], decoder: decodeUuid },
  date: { kinds: ['date'], decoder: decodeDate },
  time: { kinds: ['time'], decoder: decodeTime },
  timetz: { kinds: ['text'], decoder: decodeTimetz },
  timestamp: { kinds: ['timestamp'], decoder: decodeTimestamp },
  timestamptz: { kinds: ['timestamp'], decoder: decodeTimestamp },
  interval: { kinds: ['interval', 'text'], decoder: decodeInterval },
  bit: { kinds: ['text'], decoder: decodeBits },
  varbit: { kinds: ['text'], decoder: decodeBits },
}

/**
 * Whether a column of this logical type can be read from COPY's binary form of this type. Where it
 * cannot (a type without a decoder here, or one that was overridden to text), the query casts the
 * column to text, and `text` decodes it.
 */
export function hasBinaryCodec(type: LogicalType, pgType: BinaryType): boolean {
  return find(type, pgType) !== null
}

/** The decoder of a column's fields, for a type that `hasBinaryCodec` accepts. */
export function binaryDecoderFor(type: LogicalType, pgType: BinaryType): ColumnDecoder {
  const decoder = find(type, pgType)
  if (decoder) return decoder
  throw new FatalError('NO_BINARY_CODEC', {
    message: `PostgreSQL's binary form of ${pgType.name} cannot be read as ${type.kind}. This is a defect in the query that reads the table.`,
  })
}

function find(type: LogicalType, pgType: BinaryType): ColumnDecoder | null {
  if (type.kind === 'list') {
    if (!pgType.element || type.element.kind === 'list') return null
    const element = find(type.element, pgType.element)
    return element && arrayDecoder(element)
  }
  if (pgType.element) return null
  if (pgType.class === 'e') return type.kind === 'enum' || type.kind === 'text' ? decodeBytes : null
  if (pgType.class !== 'b') return null
  if (pgType.name === 'numeric') return type.kind === 'decimal' ? numericDecoder(type) : null
  const entry = Object.hasOwn(decoders, pgType.name) ? decoders[pgType.name] : undefined
  return entry?.kinds.includes(type.kind) ? entry.decoder : null
}
