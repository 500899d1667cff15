import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { LossEntry, UnrepresentablePolicy } from '@millrace/formats'
import { connectorForUri } from '../kit/registry.ts'
import { transfer } from '../transfer/transfer.ts'
import type { FileLayout, Manifest } from '../transfer/types.ts'
import { quoteCsv, type ValueCase } from './value-case.ts'

/**
 * The statements that make one table per case: row 0 holds NULL, row n the n-th value. `limit`
 * leaves out values that match it.
 */
export function valueTables(cases: readonly ValueCase[], quote: (name: string) => string): string[] {
  return cases.flatMap((value) => [
    ...(value.setup ? [value.setup] : []),
    `CREATE TABLE ${quote(value.id)} (n int PRIMARY KEY, v ${value.type})`,
    `INSERT INTO ${quote(value.id)} VALUES (0, NULL)`,
    ...value.values.map((row, index) => `INSERT INTO ${quote(value.id)} VALUES (${index + 1}, ${row.sql})`),
  ])
}

export interface Exported {
  /** Row n's value as text, or null; undefined when the row is not there. */
  readonly values: readonly (string | null)[]
  readonly losses: readonly LossEntry[]
  /** Parquet only. */
  readonly type?: string
}

type Where = { readonly table: string } | { readonly query: string }

/** Exports one relation of columns (n, v) to a file and reads its fields back without interpreting them. */
export async function exportValues(
  from: string,
  where: Where,
  format: FileLayout['format'],
  policy: UnrepresentablePolicy = 'error',
): Promise<Exported> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-values-'))
  try {
    const path = join(folder, `values.${format}`)
    await using source = await connectorForUri(from)
    await using sink = await connectorForUri(path)
    const { manifests } = await transfer(
      {
        from: {
          connector: source,
          address: 'values',
          ...('table' in where ? { tables: [where.table] } : { query: where.query }),
        },
        to: {
          connector: sink,
          address: path,
          file: { format, compression: 'none', csv: { header: true, lineEnd: 'lf' } },
        },
        verify: 'content',
        onUnrepresentable: policy,
      },
      { stateDirectory: folder },
    )
    const manifest = manifests[0]?.manifest as Manifest
    const read = { csv: readCsvValues, ndjson: readNdjsonValues, parquet: readParquetValues }[format]
    return { ...(await read(path)), losses: manifest.losses }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The raw field after `n,`: values hold line breaks, so a record ends where the next number begins. */
async function readCsvValues(path: string) {
  const text = await readFile(path, 'utf8')
  const values: (string | null)[] = []
  let at = text.indexOf('\n') + 1
  for (let n = 0; at < text.length; n++) {
    const start = at + `${n},`.length
    let end = start
    let quoted = false
    while (quoted || text[end] !== '\n') {
      if (text[end] === '"') quoted = !quoted
      end++
    }
    const field = text.slice(start, end)
    values.push(field === '' ? null : field)
    at = end + 1
  }
  return { values }
}

async function readNdjsonValues(path: string) {
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
  const values = lines.map((line, n) => {
    const prefix = `{"n":${n},"v":`
    if (!line.startsWith(prefix)) throw new Error(`unexpected line ${line}`)
    return line.slice(prefix.length, -1)
  })
  return { values }
}

async function readParquetValues(path: string) {
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' })
  const connection = await instance.connect()
  try {
    await connection.run(`SET TimeZone = 'UTC'`)
    const file = `read_parquet('${path.replaceAll("'", "''")}')`
    const described = await connection.runAndReadAll(`SELECT column_type FROM (DESCRIBE SELECT v FROM ${file})`)
    const type = String(described.getRows()[0]?.[0])
    const text =
      type === 'BLOB' || type === 'JSON' ? 'v::VARCHAR' : type.endsWith('[]') ? 'CAST(v AS VARCHAR)' : 'v::VARCHAR'
    const rows = await connection.runAndReadAll(`SELECT ${text} FROM ${file} ORDER BY n`)
    return { values: rows.getRows().map(([value]) => (value === null ? null : String(value))), type }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** What the CSV and NDJSON of a case must be: NULL first, then its values. */
export function expectedCsv(value: ValueCase): (string | null)[] {
  return [null, ...value.values.map((row) => quoteCsv(row.csv))]
}

export function expectedNdjson(value: ValueCase): string[] {
  return ['null', ...value.values.map((row) => row.ndjson)]
}
