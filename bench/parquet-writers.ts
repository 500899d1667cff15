import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { constants, zstdCompressSync } from 'node:zlib'
import { type Column, createParquetEncoder, LossLedger, parquetFooter, type RowBlock } from '@millrace/formats'

/*
 * Writers of Parquet on the same columns, zstd level 1: ours, hyparquet-writer, and parquet-wasm
 * with Arrow. Each runs in a process of its own. The others get finished JavaScript arrays or Arrow
 * vectors, made outside the measured time; ours starts from canonical text, which it also decodes.
 *
 *   node --conditions=@millrace/source bench/parquet-writers.ts [rows]
 */

const rowsPerBlock = 2000
const statuses = ['new', 'paid', 'shipped', 'returned', 'cancelled']

interface Values {
  readonly id: bigint[]
  readonly customer: (number | null)[]
  readonly created: bigint[]
  readonly status: string[]
  readonly note: string[]
  readonly doc: string[]
  readonly flag: boolean[]
  readonly score: number[]
}

const columns: readonly Column[] = [
  ['id', { kind: 'integer', bits: 64, unsigned: false }],
  ['customer', { kind: 'integer', bits: 32, unsigned: false }],
  ['created', { kind: 'timestamp', utc: true }],
  ['status', { kind: 'text' }],
  ['note', { kind: 'text' }],
  ['doc', { kind: 'json' }],
  ['flag', { kind: 'boolean' }],
  ['score', { kind: 'float', bits: 64 }],
].map(([name, type]) => ({ name, type, nullable: true, sourceType: '' }) as Column)

function makeValues(rows: number): Values {
  // A generator with a fixed seed: every process sees the same table.
  let state = 42
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const each = <T>(make: (i: number) => T) => Array.from({ length: rows }, (_, i) => make(i))
  const digest = (text: string) => createHash('md5').update(text).digest('hex')
  return {
    id: each((i) => BigInt(i)),
    customer: each((i) => (i % 7 === 0 ? null : Math.floor(random() * 1_000_000))),
    created: each((i) => 1_577_836_800_000_000n + BigInt(i) * 31_700_000n + BigInt(Math.floor(random() * 1e6))),
    status: each(() => statuses[Math.floor(random() * statuses.length)] as string),
    note: each((i) => `Customer ${digest(String(i))} said "hi, there"\näöü ${i % 977}`),
    doc: each((i) => `{"qty": ${i % 13}, "sku": "${digest(String(i % 50_000))}", "price": ${random().toFixed(4)}}`),
    flag: each(() => random() < 0.3),
    score: each(() => random() * 1e6),
  }
}

function canonicalBlocks(values: Values, rows: number): RowBlock[] {
  const micros = (value: bigint) => String(value % 1_000_000n).padStart(6, '0')
  const timestamp = (value: bigint) =>
    `${new Date(Number(value / 1000n)).toISOString().slice(0, 19).replace('T', ' ')}.${micros(value)}+00`
  const blocks: RowBlock[] = []
  for (let from = 0; from < rows; from += rowsPerBlock) {
    const to = Math.min(rows, from + rowsPerBlock)
    const cells: (Buffer | null)[] = []
    for (let i = from; i < to; i++) {
      const texts = [
        String(values.id[i]),
        values.customer[i] === null ? null : String(values.customer[i]),
        timestamp(values.created[i] as bigint),
        values.status[i],
        values.note[i],
        values.doc[i],
        values.flag[i] ? 't' : 'f',
        String(values.score[i]),
      ]
      for (const text of texts) cells.push(text == null ? null : Buffer.from(text))
    }
    let used = 0
    const starts = Int32Array.from(cells, (cell) => {
      used += cell?.length ?? 0
      return used - (cell?.length ?? 0)
    })
    const lengths = Int32Array.from(cells, (cell) => cell?.length ?? -1)
    const data = Buffer.concat(cells.filter((cell) => cell !== null))
    blocks.push({ data, rowCount: to - from, columnCount: columns.length, starts, lengths })
  }
  return blocks
}

/** Prepares the data in the writer's own form; the function returned writes the file and tells its size. */
const writers: Readonly<Record<string, (values: Values, rows: number) => Promise<() => Promise<number>>>> = {
  millrace: async (values, rows) => {
    const blocks = canonicalBlocks(values, rows)
    return async () => {
      const encoder = createParquetEncoder({ columns, ledger: new LossLedger() })
      let offset = 4
      const groups: Parameters<typeof parquetFooter>[1][number][] = []
      const take = (pieces: Awaited<ReturnType<typeof encoder.encode>>) => {
        for (const { bytes, index } of pieces) {
          if (index) groups.push({ index, offset })
          offset += bytes.length
        }
      }
      for (const block of blocks) take(await encoder.encode(block))
      take(await encoder.finish())
      return offset + parquetFooter(columns, groups).length
    }
  },
  'hyparquet-writer': async (values) => {
    const { parquetWriteBuffer } = await import('hyparquet-writer')
    const zstd = (input: Uint8Array) =>
      new Uint8Array(
        zstdCompressSync(input, { chunkSize: 1 << 20, params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
      )
    // It takes timestamps in microseconds as plain 64-bit integers only.
    const types = ['INT64', 'INT32', 'INT64', 'STRING', 'STRING', 'STRING', 'BOOLEAN', 'DOUBLE'] as const
    const columnData = Object.entries(values).map(([name, data], i) => {
      const type = types[i] as (typeof types)[number]
      return { name, data, type, nullable: true }
    })
    return async () =>
      parquetWriteBuffer({ columnData, codec: 'ZSTD', compressors: { ZSTD: zstd }, rowGroupSize: 131_072 }).byteLength
  },
  'parquet-wasm': async (values) => {
    const arrow = await import('apache-arrow')
    const parquet = await import('parquet-wasm')
    const table = new arrow.Table({
      id: arrow.vectorFromArray(values.id, new arrow.Int64()),
      customer: arrow.vectorFromArray(values.customer, new arrow.Int32()),
      created: arrow.makeVector({
        type: new arrow.TimestampMicrosecond('UTC'),
        data: BigInt64Array.from(values.created),
        length: values.created.length,
      } as never) as never,
      status: arrow.vectorFromArray(values.status, new arrow.Utf8()),
      note: arrow.vectorFromArray(values.note, new arrow.Utf8()),
      doc: arrow.vectorFromArray(values.doc, new arrow.Utf8()),
      flag: arrow.vectorFromArray(values.flag, new arrow.Bool()),
      score: arrow.vectorFromArray(values.score, new arrow.Float64()),
    })
    return async () => {
      const properties = new parquet.WriterPropertiesBuilder()
        .setCompression(parquet.Compression.ZSTD)
        .setMaxRowGroupSize(131_072)
        .build()
      return parquet.writeParquet(parquet.Table.fromIPCStream(arrow.tableToIPC(table, 'stream')), properties).length
    }
  },
}

interface Result {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly bytes: number
  readonly peakMegabytes: number
  readonly dataMegabytes: number
}

async function run(name: string, rows: number): Promise<Result> {
  const write = await writers[name]?.(makeValues(rows), rows)
  if (!write) throw new Error(`There is no writer ${name}.`)
  const dataMegabytes = process.memoryUsage().rss / 2 ** 20
  let best: Pick<Result, 'seconds' | 'cpuSeconds' | 'bytes'> | null = null
  // The best of three: the first also compiles.
  for (let round = 0; round < 3; round++) {
    const started = performance.now()
    const cpu = process.cpuUsage()
    const bytes = await write()
    const seconds = (performance.now() - started) / 1000
    const { user, system } = process.cpuUsage(cpu)
    if (!best || seconds < best.seconds) best = { seconds, cpuSeconds: (user + system) / 1e6, bytes }
  }
  if (!best) throw new Error('Nothing was measured.')
  return { ...best, peakMegabytes: process.resourceUsage().maxRSS / 1024, dataMegabytes }
}

const [first = '300000', second] = process.argv.slice(2)
if (second !== undefined) process.stdout.write(JSON.stringify(await run(first, Number(second))))
else {
  const rows = Number(first)
  const script = fileURLToPath(import.meta.url)
  const results = Object.keys(writers).map((name) => {
    const output = execFileSync(process.execPath, [...process.execArgv, script, name, String(rows)], {
      encoding: 'utf8',
    })
    return { name, ...(JSON.parse(output) as Result) }
  })
  const ours = results[0] as Result
  console.log(`${rows} rows, 8 columns, zstd level 1. Ratio: time against ours.\n`)
  console.log('| writer | ratio | rows/s | CPU s | file MB | memory above the data, MB |\n|---|---|---|---|---|---|')
  for (const { name, seconds, cpuSeconds, bytes, peakMegabytes, dataMegabytes } of results) {
    const figures = [
      (seconds / ours.seconds).toFixed(2),
      Math.round(rows / seconds).toLocaleString('en'),
      cpuSeconds.toFixed(2),
      (bytes / 1e6).toFixed(1),
      Math.max(0, peakMegabytes - dataMegabytes).toFixed(0),
    ]
    console.log(`| ${name} | ${figures.join(' | ')} |`)
  }
}
