import type { Readable } from 'node:stream'
import type { Engine } from '../engine/engine.ts'
import type { Column } from './column.ts'
import type { Dialect } from './format.ts'

export interface Load {
  readonly table: string
  readonly dialect: Dialect
  readonly mode: 'append' | 'replace'
  /** Which rows are replaced, and which of the new ones are taken. */
  readonly condition: string | null
  readonly source: Readable
  readonly signal?: AbortSignal
  /** A source that is already complete, such as a batch of events. */
  readonly direct?: boolean
}

/** What the steps of one load share. */
export interface LoadContext {
  readonly engine: Engine
  readonly importId: string
  readonly table: string
  readonly dialect: Dialect
  /** Of the table, in the order of the file. */
  readonly columns: readonly Column[]
  /** Names of this load's tables among the staged ones. */
  readonly names: Readonly<Record<'rows' | 'wide' | 'bad' | 'quarantine' | 'next', string>>
  /** All of the rows as they came, without a header. */
  readonly file: string
  readonly signal: AbortSignal | undefined
}
