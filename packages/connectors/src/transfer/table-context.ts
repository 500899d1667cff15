import type { Sink } from '../kit/sink.ts'
import type { Source } from '../kit/source.ts'
import type { Lanes } from './lanes.ts'
import type { Manifest, TransferEvent, TransferOptions, TransferSpec } from './types.ts'

/** What all tables of a transfer share. */
export interface TableContext {
  readonly source: Source
  readonly sink: Sink
  readonly spec: TransferSpec
  readonly options: TransferOptions
  readonly signal: AbortSignal
  readonly lanes: Lanes
  readonly tell: (event: TransferEvent) => void
}

export interface LoadedTable {
  readonly path: string
  readonly manifest: Manifest
}
