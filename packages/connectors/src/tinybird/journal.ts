import type { LossEntry } from '@millrace/formats'
import { appendJournal, readJournalLines } from '../kit/journal-file.ts'
import { interruptedLoad } from '../kit/saved-load.ts'
import type { Interrupted, PublishResult } from '../kit/sink.ts'
import type { StoredColumn } from './columns.ts'

export interface StagedChunk {
  readonly id: string
  readonly rows: number
  readonly bytes: number
  readonly ledger: readonly LossEntry[]
}

export type JournalLine =
  | {
      readonly type: 'load'
      readonly key: string
      /** Made by `savedSpec`. */
      readonly spec: string
      /** The columns of the data source as the rows are written for it. */
      readonly layout: readonly StoredColumn[]
      /** The load made the data source. */
      readonly created: boolean
    }
  | ({ readonly type: 'chunk' } & StagedChunk)
  | { readonly type: 'discard'; readonly ids: readonly string[] }
  /** From here on the rows may be visible. `before` counts the rows that were there. */
  | { readonly type: 'publishing'; readonly before: number }
  | { readonly type: 'published'; readonly result: PublishResult }

export interface Journal {
  readonly head: Extract<JournalLine, { type: 'load' }>
  readonly chunks: ReadonlyMap<string, StagedChunk>
  readonly publishing: { readonly before: number } | null
  readonly published: PublishResult | null
}

export const appendLine = (folder: string, line: JournalLine): Promise<void> => appendJournal(folder, line)

/** Null when there is no load. */
export async function readJournal(folder: string): Promise<Journal | null> {
  const lines = await readJournalLines<JournalLine>(folder)
  const head = lines[0]
  if (head?.type !== 'load') return null
  const chunks = new Map<string, StagedChunk>()
  let publishing: Journal['publishing'] = null
  let published: PublishResult | null = null
  for (const line of lines) {
    if (line.type === 'chunk') chunks.set(line.id, line)
    else if (line.type === 'discard') for (const id of line.ids) chunks.delete(id)
    else if (line.type === 'publishing') publishing = { before: line.before }
    else if (line.type === 'published') published = line.result
  }
  return { head, chunks, publishing, published }
}

export function asInterrupted({ head, chunks, published }: Journal): Interrupted {
  return interruptedLoad({
    key: head.key,
    status: published === null ? 'loading' : 'published',
    spec: head.spec,
    published: published === null ? null : JSON.stringify(published),
    chunks: [...chunks.values()],
  })
}
