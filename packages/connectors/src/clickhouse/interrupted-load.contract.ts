import { loadSpec as buildSpec } from '../kit/load-spec.test.fixture.ts'
import { connectorForUri } from '../kit/registry.ts'
import type { WriteMode } from '../kit/sink.ts'
import { type Cells, csvPieces, people } from '../kit/sink-rows.contract.ts'

export const loadChunks = 3

/** Rows 2 to 7, two in a chunk. */
export function chunkRows(chunk: number): Cells[] {
  return [0, 1].map((n) => [String(2 + chunk * 2 + n), 'new', null])
}

/** Runs a load to its end, or takes it up where it was cut off. */
export async function runLoad(uri: string, table: string, mode: WriteMode): Promise<void> {
  await using connector = await connectorForUri(uri)
  await using sink = await connector.openSink()
  const target = { kind: 'table', table: { scope: [], name: table } } as const
  const spec = buildSpec({
    key: `k${table.replaceAll('_', '')}`,
    target,
    columns: people,
    mode,
    keys: mode === 'merge' || mode === 'insert-only' ? ['id'] : [],
    state: { key: `state ${table}`, mark: { cursor: '7', keys: [] } },
    journal: {
      chunks: Array.from({ length: loadChunks }, (_, n) => ({ id: `000${n}`, bounds: null })),
      position: {},
      startedAt: '2026-01-01T00:00:00.000Z',
    },
  })
  const resume = await sink.interrupted(spec.key, target)
  await using load = await sink.openLoad(spec, resume)
  if (resume?.status !== 'published') {
    const finished = new Set(resume?.finished.map(({ id }) => id))
    for (const [n, chunk] of spec.journal.chunks.entries()) {
      if (!finished.has(chunk.id)) await load.writeChunk(chunk, csvPieces(chunkRows(n)), () => [])
    }
    const staged = await load.stagedCount()
    if (staged !== loadChunks * 2) throw new Error(`${staged} rows are staged.`)
    await load.publish()
  }
  await load.complete()
}

if (process.argv[1] === import.meta.filename) {
  const [, , uri = '', table = '', mode = 'append'] = process.argv
  await runLoad(uri, table, mode as WriteMode)
}
