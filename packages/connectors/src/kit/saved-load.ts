import { type LossEntry, LossLedger } from '@millrace/formats'
import type { Interrupted, LoadSpec, PublishResult } from './sink.ts'
import type { FinishedChunk } from './source.ts'

/** A load as a destination keeps it, to take it up after a crash. */
export interface SavedLoad {
  readonly key: string
  /** Anything but `published` is still loading. */
  readonly status: string
  /** Made by `savedSpec`. */
  readonly spec: string
  /** JSON of the result of the publish, once it has happened. */
  readonly published: string | null
  readonly chunks: readonly (FinishedChunk & { readonly ledger: readonly LossEntry[] })[]
}

export function savedSpec({ columns, format, mode, journal, state }: LoadSpec): string {
  return JSON.stringify({ columns, format, mode, journal, state })
}

export function interruptedLoad({ key, status, spec, published, chunks }: SavedLoad): Interrupted {
  const ledger = new LossLedger()
  for (const chunk of chunks) ledger.merge(chunk.ledger)
  return {
    key,
    spec: JSON.parse(spec) as Interrupted['spec'],
    status: status === 'published' ? 'published' : 'loading',
    finished: chunks.map(({ id, rows }) => ({ id, rows })),
    ledger: ledger.entries(),
    ...(published === null ? {} : { published: JSON.parse(published) as PublishResult }),
  }
}
