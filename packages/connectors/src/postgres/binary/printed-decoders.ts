import { type ColumnDecoder, viewOf } from '@millrace/formats'

/** Types that Parquet does not have are stored as PostgreSQL prints them in a pinned session. */
function printed(print: (view: DataView, start: number) => string): ColumnDecoder {
  return ({ data, starts, lengths, columnCount }, column, from, to, out) => {
    const view = viewOf(data)
    out.reserve(to - from)
    const end = to * columnCount
    for (let i = from * columnCount + column; i < end; i += columnCount) {
      if ((lengths[i] as number) < 0) out.levels[out.rows++] = 0
      else out.appendAscii(print(view, starts[i] as number))
    }
  }
}

/** Microseconds, days and months are kept apart: `P1Y2M-3DT4H5M6.789S`. */
export const decodeInterval = printed((view, start) => {
  const time = view.getBigInt64(start)
  const days = view.getInt32(start + 8)
  const months = view.getInt32(start + 12)
  // Infinite intervals (since version 17) are the extremes of all three parts.
  if (days === 0x7fffffff && months === 0x7fffffff && time === 0x7fffffffffffffffn) return 'infinity'
  if (days === -0x80000000 && months === -0x80000000 && time === -0x8000000000000000n) return '-infinity'
  if (time === 0n && days === 0 && months === 0) return 'PT0S'
  const years = Math.trunc(months / 12)
  let text = 'P'
  if (years !== 0) text += `${years}Y`
  if (months % 12 !== 0) text += `${months % 12}M`
  if (days !== 0) text += `${days}D`
  if (time === 0n) return text
  text += 'T'
  const hours = time / 3_600_000_000n
  const rest = Number(time % 3_600_000_000n)
  const minutes = Math.trunc(rest / 60_000_000)
  const micros = rest % 60_000_000
  if (hours !== 0n) text += `${hours}H`
  if (minutes !== 0) text += `${minutes}M`
  if (micros !== 0) text += `${micros < 0 ? '-' : ''}${seconds(Math.abs(micros), 1)}S`
  return text
})

/** `13:00:05.012345+05:30`; the zone is sent as seconds west of Greenwich. */
export const decodeTimetz = printed((view, start) => {
  const micros = Number(view.getBigInt64(start))
  const zone = view.getInt32(start + 8)
  const minutes = Math.floor(micros / 60_000_000)
  const time = `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}:${seconds(micros % 60_000_000, 2)}`
  const offset = Math.abs(zone)
  let text = `${time}${zone <= 0 ? '+' : '-'}${pad(Math.floor(offset / 3600))}`
  if (offset % 3600 !== 0) text += `:${pad(Math.floor(offset / 60) % 60)}`
  if (offset % 60 !== 0) text += `:${pad(offset % 60)}`
  return text
})

/** bit and varbit: the number of bits, then the bits from the highest of the first byte. */
export const decodeBits = printed((view, start) => {
  const count = view.getInt32(start)
  let text = ''
  for (let i = 0; i < count; i++) text += (view.getUint8(start + 4 + (i >> 3)) >> (7 - (i & 7))) & 1
  return text
})

const pad = (value: number) => String(value).padStart(2, '0')

function seconds(micros: number, width: number): string {
  const whole = String(Math.floor(micros / 1_000_000)).padStart(width, '0')
  const fraction = micros % 1_000_000
  return fraction === 0 ? whole : `${whole}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
}
