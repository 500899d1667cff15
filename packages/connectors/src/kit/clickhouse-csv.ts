import { DataError } from '@millrace/core'
import {
  type Column,
  type LogicalType,
  type LossLedger,
  type Piece,
  type RowBlock,
  type RowEncoder,
  type UnrepresentablePolicy,
  UnrepresentableValueError,
} from '@millrace/formats'
import { clickhouseListText } from './clickhouse-list.ts'
import { type ClickhouseType, isZoned, parseClickhouseType } from './clickhouse-type.ts'

export interface ClickhouseCsvOptions {
  /** The columns of the rows that come in. */
  readonly columns: readonly Column[]
  /** The columns of the table, in its order. What the rows do not have stays empty and gets its default. */
  readonly layout: readonly { readonly name: string; readonly type: string }[]
  readonly policy: UnrepresentablePolicy
  readonly ledger: LossLedger
}

const form = { plain: 0, integer: 1, quoted: 2, date: 3, timestamp: 4, decimal: 5, list: 6 } as const
type Form = (typeof form)[keyof typeof form]

/** How the cells of a column are written. */
interface Plan {
  /** Place of the cell in the incoming row, -1 when it has none. */
  readonly from: number
  readonly name: string
  readonly nullable: boolean
  readonly form: Form
  /** Length of the `+00` at the end of an instant. */
  readonly suffix: number
  /** Cut from the end: a type in another time zone than UTC needs the `+00`, and a reader that takes it (`date_time_input_format = 'best_effort'`). */
  readonly cut: number
  readonly years: readonly [first: number, last: number]
  /** Digits of a second that the type keeps. */
  readonly fraction: number
  readonly type: LogicalType
  readonly stored: ClickhouseType
}

const quote = 0x22

/**
 * CSV that every ClickHouse reads as exactly these values, from rows of canonical text: text always
 * quoted, since ClickHouse trims blanks and takes a bare `\N` for NULL; NULL as nothing; arrays in its
 * own notation. Values that the type would clamp in silence (dates beyond 1900 to 2299, infinity, NaN
 * in a decimal) follow the policy.
 *
 * @throws UnrepresentableValueError, or DataError `NULL_NOT_ALLOWED`
 */
export function createClickhouseCsvEncoder({ columns, layout, policy, ledger }: ClickhouseCsvOptions): RowEncoder {
  const plans = layout.map((target) => planOf(target, columns))
  let out = Buffer.allocUnsafeSlow(1 << 20)
  let pos = 0

  const reserve = (size: number) => {
    if (pos + size <= out.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(pos + size, out.length * 2))
    larger.set(out.subarray(0, pos))
    out = larger
  }

  /** Leaves the cell empty, or does not return. */
  const refuse = (plan: Plan, reason: string, data: Buffer, start: number, end: number) => {
    if (policy !== 'null') throw new UnrepresentableValueError(plan.name, reason, data.toString('utf8', start, end))
    ledger.record(plan.name, reason, 'nulled')
    writeNull(plan, reason)
  }

  const writeNull = (plan: Plan, reason: string) => {
    if (plan.nullable) return
    if (plan.form !== form.list) throw nullNotAllowed(plan)
    if (reason !== 'null-list') pos += out.write('[]', pos, 'latin1')
    else if (policy === 'null') {
      ledger.record(plan.name, reason, 'altered')
      pos += out.write('[]', pos, 'latin1')
    } else throw new UnrepresentableValueError(plan.name, reason, 'NULL')
  }

  /** `rest` is the room that the row may still need. */
  const writeList = (plan: Plan, data: Buffer, start: number, end: number, rest: number) => {
    const list = clickhouseListText(data.toString('utf8', start, end), plan.type, plan.stored)
    if (list.reason !== null) return refuse(plan, list.reason, data, start, end)
    if (list.bounds) ledger.record(plan.name, 'array-bounds', 'altered')
    const text = Buffer.from(list.text)
    reserve(text.length * 2 + 2 + rest)
    pos = writeQuoted(out, pos, text, 0, text.length)
  }

  /** Why a cell that is written as it is cannot be; null when it can. */
  const whyNot = (plan: Plan, data: Buffer, start: number, end: number): string | null => {
    if (plan.form === form.integer) {
      if (isInteger(data, start, end)) return null
      // ClickHouse would take the digits and leave the rest.
      throw new UnrepresentableValueError(plan.name, 'invalid-text', data.toString('utf8', start, end))
    }
    if (plan.form === form.decimal) return (data[end - 1] as number) > 0x39 ? decimalReason(data, end) : null
    return plan.form === form.plain ? null : whyNotTime(plan, data, start, end)
  }

  const encode = (block: RowBlock): Piece[] => {
    if (block.rowCount === 0) return []
    const { data, starts, lengths, columnCount, rowCount } = block
    pos = 0
    for (let row = 0, first = 0; row < rowCount; row++, first += columnCount) {
      let size = plans.length * 5
      for (let c = 0; c < columnCount; c++) {
        const length = lengths[first + c] as number
        if (length > 0) size += length * 2
      }
      reserve(size)
      // The hot loop: what is in local variables stays in registers.
      let bytes = out
      let at = pos
      for (let c = 0; c < plans.length; c++) {
        const plan = plans[c] as Plan
        if (c > 0) bytes[at++] = 0x2c
        if (plan.from < 0) continue
        const cell = first + plan.from
        const length = lengths[cell] as number
        const start = starts[cell] as number
        const end = start + length
        if (length >= 0 && plan.form === form.quoted) {
          at = writeQuoted(bytes, at, data, start, end)
          continue
        }
        const reason = length < 0 || plan.form === form.list ? 'slow' : whyNot(plan, data, start, end)
        if (reason === null) {
          for (let i = start, stop = end - plan.cut; i < stop; i++) bytes[at++] = data[i] as number
          continue
        }
        if (length < 0 && plan.nullable) continue
        pos = at
        if (length < 0) writeNull(plan, 'null-list')
        else if (plan.form === form.list) writeList(plan, data, start, end, size)
        else refuse(plan, reason, data, start, end)
        bytes = out
        at = pos
      }
      bytes[at++] = 0x0a
      pos = at
    }
    return [{ bytes: out.subarray(0, pos), rows: rowCount }]
  }

  return { encode, finish: () => [] }
}

function writeQuoted(out: Buffer, at: number, data: Buffer, start: number, end: number): number {
  let pos = at
  out[pos++] = quote
  for (let i = start; i < end; i++) {
    const byte = data[i] as number
    out[pos++] = byte
    if (byte === quote) out[pos++] = quote
  }
  out[pos++] = quote
  return pos
}

function planOf({ name, type }: ClickhouseCsvOptions['layout'][number], columns: readonly Column[]): Plan {
  const from = columns.findIndex((column) => column.name === name)
  const stored = parseClickhouseType(type)
  const logical = columns[from]?.type ?? { kind: 'text' }
  const written = formOf(logical, stored)
  const suffix = written === form.timestamp && logical.kind === 'timestamp' && logical.utc ? 3 : 0
  return {
    from,
    name,
    nullable: stored.nullable,
    form: written,
    suffix,
    cut: isZoned(stored) ? 0 : suffix,
    years: yearsOf(stored.base),
    fraction: stored.base === 'DateTime64' ? Number(stored.args[0] ?? 3) : 0,
    type: logical,
    stored,
  }
}

function formOf(type: LogicalType, { base }: ClickhouseType): Form {
  if (base === 'Array') return type.kind === 'list' ? form.list : form.quoted
  if (base.startsWith('DateTime')) return type.kind === 'timestamp' ? form.timestamp : form.quoted
  if (base.startsWith('Date')) return type.kind === 'date' ? form.date : form.quoted
  if (base === 'Decimal') return type.kind === 'decimal' ? form.decimal : form.plain
  if (/^U?Int/.test(base)) return form.integer
  return /^(Float|Bool|UUID)/.test(base) ? form.plain : form.quoted
}

function isInteger(data: Buffer, start: number, end: number): boolean {
  const first = data[start] === 0x2d ? start + 1 : start
  for (let i = first; i < end; i++) if ((data[i] as number) < 0x30 || (data[i] as number) > 0x39) return false
  return first < end
}

/** Whole years that the type holds. */
function yearsOf(base: string): readonly [number, number] {
  if (base === 'Date') return [1970, 2148]
  return base === 'DateTime' ? [1970, 2105] : [1900, 2299]
}

function decimalReason(data: Buffer, end: number): string {
  return data[end - 1] === 0x4e ? 'decimal-nan' : 'decimal-infinity'
}

/** Why a canonical date or timestamp does not fit; null when it does. */
function whyNotTime(plan: Plan, data: Buffer, start: number, end: number): string | null {
  const kind = plan.form === form.date ? 'date' : 'timestamp'
  // Such as `infinity`, `-infinity`.
  if ((data[end - 1] as number) === 0x79) return `infinite-${kind}`
  if (data[start + 4] !== 0x2d || (data[end - 1] as number) === 0x43) return `${kind}-range`
  let year = 0
  for (let i = start; i < start + 4; i++) year = year * 10 + (data[i] as number) - 0x30
  if (!(year >= plan.years[0] && year <= plan.years[1])) return year === 0 ? 'zero-date' : `${kind}-range`
  // Systems that store such dates do not stop at the year.
  if (data[start + 5] === 0x30 && data[start + 6] === 0x30) return 'zero-date'
  if (data[start + 8] === 0x30 && data[start + 9] === 0x30) return 'zero-date'
  const digits = end - plan.suffix - start - 20
  return kind === 'timestamp' && digits > plan.fraction ? 'timestamp-fraction' : null
}

function nullNotAllowed(plan: Plan): DataError {
  return new DataError('NULL_NOT_ALLOWED', {
    message: `The column "${plan.name}" is ${plan.stored.text} at the destination and takes no NULL, but a row has none there. Give it a value in a query, with coalesce, or make the destination's column Nullable.`,
    details: { column: plan.name, type: plan.stored.text },
  })
}
