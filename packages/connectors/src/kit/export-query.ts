import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LossLedger } from '@millrace/formats'
import type { ExportOptions } from './connector.ts'
import type { LocalFile } from './export.ts'
import type { Source } from './source.ts'
import { writePieces } from './write-pieces.ts'

/** Writes the result of a query to a temporary file that goes with the export. CSV has no header row. */
export async function exportQuery(
  openSource: () => Promise<Source>,
  query: string,
  options: ExportOptions,
): Promise<LocalFile> {
  const { format, rowLimit, signal = new AbortController().signal } = options
  const sql =
    rowLimit === undefined ? query : `SELECT * FROM (${query.replace(/[\s;]+$/, '')}\n) AS limited LIMIT ${rowLimit}`
  const folder = await mkdtemp(join(tmpdir(), 'millrace-export-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await using source = await openSource()
    const relation = { kind: 'query', sql } as const
    const schema = await source.describe(relation)
    const chunks = await source.planChunks(relation, schema, { parallel: 1 })
    const path = join(folder, `export.${format}`)
    async function* pieces() {
      for (const chunk of chunks) {
        const ledger = new LossLedger()
        yield* source.read({
          relation,
          columns: schema.columns,
          chunk,
          format,
          policy: 'error',
          ledger,
          options: {},
          signal,
        })
      }
    }
    const written = await writePieces(path, format, schema.columns, pieces())
    return { kind: 'local-file', path, ...written, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}
