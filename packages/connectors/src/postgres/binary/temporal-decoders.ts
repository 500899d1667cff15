import { type ColumnDecoder, storeInfiniteDate, storeInfiniteTimestamp, viewOf } from '@millrace/formats'

/** PostgreSQL counts from 2000-01-01, Parquet from 1970-01-01. */
const epochDays = 10_957
const epochMicros = 946_684_800_000_000
const epochHigh = Math.floor(epochMicros / 0x1_0000_0000)
const epochLow = epochMicros % 0x1_0000_0000
const greatest = 0x7fffffff
const least = -0x80000000

export const decodeDate: ColumnDecoder = ({ data, starts, lengths, columnCount }, column, from, to, out) => {
  const view = viewOf(data)
  out.reserve(to - from)
  const { levels, words } = out
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    let present = (lengths[i] as number) >= 0
    if (present) {
      const days = view.getInt32(starts[i] as number)
      if (days === greatest || days === least) present = storeInfiniteDate(out, days === least)
      else words[out.values] = days + epochDays
    }
    levels[out.rows++] = present ? 1 : 0
    if (present) out.values++
  }
}

/** timestamp and timestamptz */
export const decodeTimestamp: ColumnDecoder = ({ data, starts, lengths, columnCount }, column, from, to, out) => {
  const view = viewOf(data)
  out.reserve(to - from)
  const { levels, words } = out
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    let present = (lengths[i] as number) >= 0
    if (present) {
      const start = starts[i] as number
      const high = view.getInt32(start)
      const low = view.getUint32(start + 4)
      const sum = low + epochLow
      const unixHigh = high + epochHigh + (sum >= 0x1_0000_0000 ? 1 : 0)
      if (high === greatest && low === 0xffffffff) present = storeInfiniteTimestamp(out, false)
      else if (high === least && low === 0) present = storeInfiniteTimestamp(out, true)
      else if (unixHigh > greatest) {
        out.reject('timestamp-range', 'a timestamp after 294247-01-10 04:00:54.775807')
        present = false
      } else {
        words[out.values * 2] = sum | 0
        words[out.values * 2 + 1] = unixHigh
      }
    }
    levels[out.rows++] = present ? 1 : 0
    if (present) out.values++
  }
}

const microsPerDay = 86_400_000_000
const dayHigh = Math.floor(microsPerDay / 0x1_0000_0000)
const dayLow = microsPerDay % 0x1_0000_0000

export const decodeTime: ColumnDecoder = ({ data, starts, lengths, columnCount }, column, from, to, out) => {
  const view = viewOf(data)
  out.reserve(to - from)
  const { levels, words } = out
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    let present = (lengths[i] as number) >= 0
    if (present) {
      const start = starts[i] as number
      const high = view.getInt32(start)
      const low = view.getUint32(start + 4)
      if (high === dayHigh && low === dayLow && !out.infinityAsExtremes) {
        out.reject('time-24', '24:00:00')
        present = false
      } else {
        words[out.values * 2] = low
        words[out.values * 2 + 1] = high
      }
    }
    levels[out.rows++] = present ? 1 : 0
    if (present) out.values++
  }
}
