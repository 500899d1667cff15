import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, DataError } from '@millrace/core'
import { type Column, createCsvEncoder, type Piece, type RowBlock, readCsv } from '@millrace/formats'
import { fileError } from '../files/errors.ts'
import { bytesOf } from '../kit/encode-csv.ts'
import { partitionPath } from './partition-path.ts'

/** More folders than this are a mistake far more often than a wish. */
export const maxPartitions = 1000

/** Rows in memory before they go to the disk, in bytes over all partitions. */
const pendingBytes = 32 << 20
/** Keys may have 1,024 bytes in all, file names 255. */
const maxValueBytes = 240
/** Of all values together: it leaves room for the table's own folder and the names of its objects. */
const maxPathBytes = 800

/** The rows of one partition of a chunk: canonical CSV, without the partition's columns, in a local file. */
export interface SpilledPartition {
  readonly values: readonly (string | null)[]
  /** `year=2024/month=5` */
  readonly path: string
  readonly file: string
  readonly rows: number
}

interface Growing {
  readonly values: readonly (string | null)[]
  readonly path: string
  readonly file: string
  rows: number
  pending: Buffer[]
  /** Row numbers in the block at hand. */
  here: number[]
}

/**
 * Deals the rows of canonical CSV out to a file for each partition, so that rows may come in any
 * order and each partition is then written in one go: memory stays flat, with one writer at a time.
 */
export async function spillPartitions(
  pieces: AsyncIterable<Piece>,
  columns: readonly Column[],
  partitionBy: readonly string[],
  folder: string,
  known: ReadonlySet<string>,
): Promise<SpilledPartition[]> {
  const places = partitionBy.map((name) => columns.findIndex((column) => column.name === name))
  const parted = places.map((place) => columns[place] as Column)
  const kept = columns.flatMap((_, place) => (places.includes(place) ? [] : [place]))
  const encoder = createCsvEncoder({ columns: kept.map((place) => columns[place] as Column) })
  const partitions = new Map<string, Growing>()
  const paths = new Set(known)
  let pending = 0

  const flush = async () => {
    for (const partition of partitions.values()) {
      if (partition.pending.length === 0) continue
      await appendFile(partition.file, Buffer.concat(partition.pending), { mode: 0o600 }).catch((error) => {
        throw fileError(error, folder)
      })
      partition.pending = []
    }
    pending = 0
  }

  const open = (id: string, block: RowBlock, row: number): Growing => {
    const values = places.map((place) => cellText(block, row * block.columnCount + place))
    for (const [index, value] of values.entries()) refuseLong(value, parted[index] as Column)
    const path = partitionPath(parted, values)
    refuseLongPath(path, partitionBy)
    const partition = {
      values,
      path,
      file: join(folder, `partition-${partitions.size}`),
      rows: 0,
      pending: [],
      here: [],
    }
    partitions.set(id, partition)
    paths.add(path)
    refuseMany(paths, partitionBy)
    return partition
  }

  for await (const block of readCsv(bytesOf(pieces), { columnCount: columns.length })) {
    const touched = new Set<Growing>()
    for (let row = 0; row < block.rowCount; row++) {
      const id = identity(block, row * block.columnCount, places)
      const partition = partitions.get(id) ?? open(id, block, row)
      partition.here.push(row)
      touched.add(partition)
    }
    for (const partition of touched) {
      for (const { bytes } of await encoder.encode(rowsOfBlock(block, partition.here, kept))) {
        partition.pending.push(Buffer.from(bytes))
        pending += bytes.length
      }
      partition.rows += partition.here.length
      partition.here = []
    }
    if (pending > pendingBytes) await flush()
  }
  await flush()
  return [...partitions.values()].map(({ values, path, file, rows }) => ({ values, path, file, rows }))
}

function identity({ data, starts, lengths }: RowBlock, cell: number, places: readonly number[]): string {
  let id = ''
  for (const place of places) {
    const length = lengths[cell + place] as number
    const start = starts[cell + place] as number
    id += length < 0 ? '~' : `${length}:${data.toString('latin1', start, start + length)}`
  }
  return id
}

function cellText({ data, starts, lengths }: RowBlock, cell: number): string | null {
  const length = lengths[cell] as number
  const start = starts[cell] as number
  return length < 0 ? null : data.toString('utf8', start, start + length)
}

function rowsOfBlock(block: RowBlock, rows: readonly number[], kept: readonly number[]): RowBlock {
  const starts = new Int32Array(rows.length * kept.length)
  const lengths = new Int32Array(starts.length)
  let at = 0
  for (const row of rows) {
    const first = row * block.columnCount
    for (const place of kept) {
      starts[at] = block.starts[first + place] as number
      lengths[at++] = block.lengths[first + place] as number
    }
  }
  return { data: block.data, rowCount: rows.length, columnCount: kept.length, starts, lengths }
}

function refuseMany(paths: ReadonlySet<string>, partitionBy: readonly string[]): void {
  if (paths.size <= maxPartitions) return
  throw new ConfigError('TOO_MANY_PARTITIONS', {
    message: `--partition-by ${partitionBy.join(',')} makes more than ${maxPartitions} folders. Partition by columns with fewer values, such as a year and a month, by a query that makes them.`,
    details: { partitionBy },
  })
}

function refuseLong(value: string | null, { name }: Column): void {
  if (value === null || Buffer.byteLength(encodeURI(value)) + Buffer.byteLength(name) < maxValueBytes) return
  throw new DataError('PARTITION_VALUE_TOO_LONG', {
    message: `Column "${name}" holds a value of ${value.length} characters, which is too long for the name of a folder. Partition by a shorter column.`,
    details: { column: name },
  })
}

function refuseLongPath(path: string, partitionBy: readonly string[]): void {
  const bytes = Buffer.byteLength(path)
  if (bytes <= maxPathBytes) return
  throw new DataError('PARTITION_VALUE_TOO_LONG', {
    message: `--partition-by ${partitionBy.join(',')} makes folders whose names have ${bytes} bytes in all, and stores take 1,024 for a whole key. Partition by fewer or shorter columns.`,
    details: { partitionBy },
  })
}
