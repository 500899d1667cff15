import { join } from 'node:path'
import type { BenchContext } from './context.ts'
import { tableName } from './dataset.ts'
import { measure } from './measure.ts'
import { benchPostgres, fillPostgres } from './servers.ts'
import { shellQuote as quote } from './shell.ts'

export interface MemoryResult {
  readonly format: string
  readonly rows: number
  readonly seconds: number
  readonly peakMegabytes: number
}

/** Peak memory of exports of a fifth, two fifths and the whole of the table. It must not grow with the rows. */
export async function measureMemory({ rows, folder, millrace, tell, cleanUp }: BenchContext): Promise<MemoryResult[]> {
  const server = await benchPostgres()
  if (server === null) throw new Error('This needs PostgreSQL 15: run script/services.')
  cleanUp.use(server)
  tell(`Making ${rows.toLocaleString('en')} rows in PostgreSQL ${server.version}...`)
  const url = await fillPostgres(server, rows)
  const results: MemoryResult[] = []
  for (const format of ['csv', 'ndjson', 'parquet']) {
    for (const part of [rows / 5, (rows * 2) / 5, rows].map(Math.round)) {
      tell(`${format}, ${part.toLocaleString('en')} rows`)
      const query = quote(`select * from ${tableName} where id <= ${part}`)
      const to = quote(join(folder, `memory.${format}`))
      const { wallMs, peakBytes } = await measure(`${millrace} copy ${quote(url)} ${to} --query ${query}`)
      results.push({ format, rows: part, seconds: wallMs / 1000, peakMegabytes: (peakBytes ?? Number.NaN) / 1e6 })
    }
  }
  return results
}

export function printMemory(results: readonly MemoryResult[]): string {
  return results
    .map(
      ({ format, rows, seconds, peakMegabytes }) =>
        `${format.padEnd(8)} ${rows.toLocaleString('en').padStart(11)} rows  ${seconds.toFixed(2).padStart(7)} s  peak ${peakMegabytes.toFixed(0).padStart(5)} MB`,
    )
    .join('\n')
}
