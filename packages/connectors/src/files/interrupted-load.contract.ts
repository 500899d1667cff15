import type { LoadSpec } from '../kit/sink.ts'
import { csvPieces, people } from '../kit/sink-rows.contract.ts'
import { createFilesSink } from './sink.ts'

export const rowsPerChunk = 40

export function chunkRows(chunk: number): [string, string, string | null][] {
  return Array.from({ length: rowsPerChunk }, (_, row) => {
    const id = chunk * rowsPerChunk + row
    return [String(id), `name "${id}"\nwith a line`, row % 3 === 0 ? null : '']
  })
}

export function loadSpec(path: string, chunks: number, compression: 'none' | 'zstd'): LoadSpec {
  return {
    key: 'killed',
    target: { kind: 'file', path, format: 'csv', compression, csv: { header: true, lineEnd: 'lf' } },
    mode: 'replace',
    keys: [],
    columns: people,
    sourceDialect: 'files',
    changes: [],
    format: 'csv',
    options: {},
    journal: {
      chunks: Array.from({ length: chunks }, (_, n) => ({ id: String(n).padStart(4, '0'), bounds: null })),
      position: {},
      startedAt: '2026-01-01T00:00:00.000Z',
    },
    allowEmpty: false,
    signal: new AbortController().signal,
  }
}

/** Loads what is left to load, in two lanes, and tells every step on standard output. */
export async function runLoad(
  path: string,
  chunks: number,
  compression: 'none' | 'zstd',
  tell: (step: string) => void,
) {
  const spec = loadSpec(path, chunks, compression)
  const sink = createFilesSink()
  const interrupted = await sink.interrupted(spec.key, spec.target)
  if (interrupted?.status !== 'published') {
    await using load = await sink.openLoad(spec, interrupted)
    tell('opened')
    const done = new Set(interrupted?.finished.map(({ id }) => id))
    const open = spec.journal.chunks.filter(({ id }) => !done.has(id)).values()
    const lane = async () => {
      for (const chunk of open) {
        async function* pieces() {
          for await (const piece of csvPieces(chunkRows(Number(chunk.id)), 4)) {
            yield piece
            tell('piece')
          }
        }
        await load.writeChunk(chunk, pieces(), () => [])
        tell('chunk')
      }
    }
    await Promise.all([lane(), lane()])
    tell('publishing')
    await load.publish()
    tell('published')
    await load.complete()
  } else {
    await using load = await sink.openLoad(spec, interrupted)
    await load.complete()
  }
  tell('completed')
}

const [, script, path, chunks, compression] = process.argv
if (script === import.meta.filename && path) {
  await runLoad(path, Number(chunks), compression === 'zstd' ? 'zstd' : 'none', (step) => {
    process.stdout.write(`${step}\n`)
  })
}
