import { type ColumnDecoder, viewOf } from '@millrace/formats'

export const decodeBool: ColumnDecoder = ({ data, starts, lengths, columnCount }, column, from, to, out) => {
  out.reserve(to - from)
  const { levels, bytes } = out
  let { rows, values } = out
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    const present = (lengths[i] as number) >= 0 ? 1 : 0
    levels[rows++] = present
    bytes[values] = data[starts[i] as number] as number
    values += present
  }
  out.rows = rows
  out.values = values
}

export const decodeInt2: ColumnDecoder = ({ data, starts, lengths, columnCount }, column, from, to, out) => {
  const view = viewOf(data)
  out.reserve(to - from)
  const { levels, words } = out
  let { rows, values } = out
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    if ((lengths[i] as number) < 0) levels[rows++] = 0
    else {
      levels[rows++] = 1
      words[values++] = view.getInt16(starts[i] as number)
    }
  }
  out.rows = rows
  out.values = values
}

/** int4, oid and float4: four bytes in reverse order. */
export const decodeWord: ColumnDecoder = ({ data, starts, lengths, columnCount }, column, from, to, out) => {
  const view = viewOf(data)
  out.reserve(to - from)
  const { levels, words } = out
  let { rows, values } = out
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    if ((lengths[i] as number) < 0) levels[rows++] = 0
    else {
      levels[rows++] = 1
      words[values++] = view.getInt32(starts[i] as number)
    }
  }
  out.rows = rows
  out.values = values
}

/** int8 and float8: eight bytes in reverse order. */
export const decodeTwoWords: ColumnDecoder = ({ data, starts, lengths, columnCount }, column, from, to, out) => {
  const view = viewOf(data)
  out.reserve(to - from)
  const { levels, words } = out
  let { rows, values } = out
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    if ((lengths[i] as number) < 0) levels[rows++] = 0
    else {
      const start = starts[i] as number
      levels[rows++] = 1
      words[values * 2] = view.getInt32(start + 4)
      words[values * 2 + 1] = view.getInt32(start)
      values++
    }
  }
  out.rows = rows
  out.values = values
}

export const decodeUuid: ColumnDecoder = ({ data, starts, lengths, columnCount }, column, from, to, out) => {
  const view = viewOf(data)
  out.reserve(to - from)
  const { levels, view: target } = out
  let { rows, values } = out
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    if ((lengths[i] as number) < 0) levels[rows++] = 0
    else {
      const start = starts[i] as number
      levels[rows++] = 1
      target.setBigInt64(values * 16, view.getBigInt64(start))
      target.setBigInt64(values * 16 + 8, view.getBigInt64(start + 8))
      values++
    }
  }
  out.rows = rows
  out.values = values
}

/** jsonb: the text behind a version byte. */
export const decodeJsonb: ColumnDecoder = ({ data, starts, lengths, columnCount }, column, from, to, out) => {
  const view = viewOf(data)
  out.reserve(to - from)
  const end = to * columnCount
  for (let i = from * columnCount + column; i < end; i += columnCount) {
    const length = lengths[i] as number
    if (length < 0) out.levels[out.rows++] = 0
    else out.appendBytes(data, view, (starts[i] as number) + 1, length - 1)
  }
}
