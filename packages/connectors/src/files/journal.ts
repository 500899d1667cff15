import type { Column, LossEntry, RowGroupIndex } from '@millrace/formats'
import { appendJournal, readJournalLines } from '../kit/journal-file.ts'
import type { LoadJournal, LoadSpec, PublishResult } from '../kit/sink.ts'
import type { CursorMark, FormatOptions } from '../kit/source.ts'

/** A run of bytes in a staging file that holds whole rows of one chunk. */
export interface Extent {
  /** Name within the staging folder. */
  readonly file: string
  readonly offset: number
  readonly length: number
  readonly rows: number
  /** Parquet: the row groups, with offsets from the start of the extent. */
  readonly groups: readonly { readonly offset: number; readonly index: RowGroupIndex }[]
}

export interface StagedChunk {
  readonly id: string
  readonly rows: number
  readonly ledger: readonly LossEntry[]
  readonly extents: readonly Extent[]
}

/** What a publish does. Each step can be done again, so after a crash the rest is done by whoever comes next. */
export interface Commit {
  readonly steps: readonly PublishStep[]
  readonly result: PublishResult
  readonly state?: { readonly path: string; readonly mark: CursorMark }
}

export type PublishStep =
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  /** Exchanges a whole folder; `old` is where the former one goes. */
  | { readonly kind: 'swap'; readonly from: string; readonly to: string; readonly old: string }

type Line =
  | { readonly type: 'load'; readonly spec: SavedSpec; readonly created: string | null }
  | ({ readonly type: 'chunk' } & StagedChunk)
  | { readonly type: 'discard'; readonly ids: readonly string[] }
  | ({ readonly type: 'commit' } & Commit)
  | { readonly type: 'published' }

export interface SavedSpec {
  readonly columns: readonly Column[]
  readonly format: LoadSpec['format']
  readonly mode: LoadSpec['mode']
  readonly journal: LoadJournal
  readonly options: FormatOptions
  readonly state?: LoadSpec['state']
}

/** All that a staging folder remembers. */
export interface Journal {
  readonly spec: SavedSpec
  /** The outermost folder that was made for the target, if any. */
  readonly created: string | null
  readonly chunks: ReadonlyMap<string, StagedChunk>
  /** Where new bytes of a staging file go: behind everything that was ever recorded in it. */
  readonly ends: ReadonlyMap<string, number>
  readonly commit: Commit | null
  readonly published: boolean
}

export const appendLine = (folder: string, line: Line): Promise<void> => appendJournal(folder, line)

export async function readJournal(folder: string): Promise<Journal | null> {
  const lines = await readJournalLines<Line>(folder)
  const first = lines[0]
  if (first?.type !== 'load') return null
  const chunks = new Map<string, StagedChunk>()
  const ends = new Map<string, number>()
  let commit: Commit | null = null
  let published = false
  for (const line of lines) {
    if (line.type === 'chunk') {
      chunks.set(line.id, line)
      for (const { file, offset, length } of line.extents)
        ends.set(file, Math.max(ends.get(file) ?? 0, offset + length))
    } else if (line.type === 'discard') for (const id of line.ids) chunks.delete(id)
    else if (line.type === 'commit') commit = line
    else if (line.type === 'published') published = true
  }
  return { spec: first.spec, created: first.created, chunks, ends, commit, published }
}
