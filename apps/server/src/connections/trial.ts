import type { Preview, RelationSchema, TableRef } from '@millrace/connectors'
import type { TransferTaskPlan } from '@millrace/operators'
import type { ColumnFilter, DescribedDataset } from '@millrace/pipelines'
import type { Json } from '@millrace/workflow'
import type { Config } from './store.ts'
import type { TrialLimits } from './trial-limits.ts'

/** What is tried. All but a plan are about the only connection that is given. */
export type Question =
  | { readonly kind: 'test' }
  /** Tables that there are. */
  | { readonly kind: 'relations'; readonly search: string; readonly limit: number }
  | { readonly kind: 'columns'; readonly table: string }
  | { readonly kind: 'preview'; readonly table: string; readonly limit: number }
  /** What a transfer would do; its configuration may hold templates, and names connections. */
  | {
      readonly kind: 'plan'
      readonly config: Json
      readonly variables: Readonly<Record<string, Json>>
      readonly mostTables: number
    }
  /** What is there of a dataset, by the address that its publish gave. */
  | { readonly kind: 'dataset'; readonly address: string; readonly mostRuns: number }
  /** First rows of a dataset; at most so many bytes are fetched to find them. */
  | (DatasetRows & { readonly kind: 'dataset-rows'; readonly limit: number })
  /** All rows that are wanted, as a file in the temporary folder. */
  | (DatasetRows & { readonly kind: 'dataset-file'; readonly format: DatasetFormat })

interface DatasetRows {
  readonly address: string
  readonly filters: readonly ColumnFilter[]
  readonly mostBytes: number
}

export type DatasetQuestion = Extract<Question, { readonly address: string }>

export const datasetFormats = ['csv', 'ndjson', 'parquet'] as const

export type DatasetFormat = (typeof datasetFormats)[number]

export interface TriedConnection {
  readonly connector: string
  readonly values: Config
}

export interface Trial {
  /** By name. */
  readonly connections: Readonly<Record<string, TriedConnection>>
  readonly question: Question
}

export interface TrialAnswers {
  readonly test: { readonly ok: boolean; readonly message: string; readonly serverVersion?: string }
  readonly relations: {
    readonly tables: readonly TableRef[]
    readonly cut: boolean
    /** Names of the levels that a table's name is made of, outermost first; none where there are no such. */
    readonly levels: readonly string[]
  }
  readonly columns: RelationSchema
  readonly preview: Preview
  readonly plan: TransferTaskPlan
  readonly dataset: DescribedDataset
  readonly 'dataset-rows': Preview & {
    /** Those that the rows were looked for in, and those of all runs and partitions that filters want. */
    readonly searched: { readonly rows: number; readonly runs: number }
    readonly wanted: { readonly rows: number; readonly runs: number }
  }
  readonly 'dataset-file': {
    readonly path: string
    /** Comes before what is in the file: the header row of CSV. */
    readonly head: string
    readonly rows: number
  }
}

/** To the process of a trial. */
export interface TrialRequest extends Trial {
  /** As MILLRACE_ALLOWED_ADDRESSES; null where nothing is restricted. */
  readonly outbound: { readonly allowedAddresses: string | null } | null
  readonly limits: TrialLimits
}

/** From it. */
export type TrialResponse =
  | { readonly answer: TrialAnswers[Question['kind']] }
  /** A sentence for people; with the code of an error of ours. */
  | { readonly failure: string; readonly code?: string }
