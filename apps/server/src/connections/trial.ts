import type { Preview, RelationSchema, TableRef } from '@millrace/connectors'
import type { TransferTaskPlan } from '@millrace/operators'
import type { Json } from '@millrace/workflow'
import type { Config } from './store.ts'

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
}

/** To the process of a trial. */
export interface TrialRequest extends Trial {
  /** As MILLRACE_ALLOWED_ADDRESSES; null where nothing is restricted. */
  readonly outbound: { readonly allowedAddresses: string | null } | null
}

/** From it. */
export type TrialResponse =
  | { readonly answer: TrialAnswers[Question['kind']] }
  /** A sentence for people. */
  | { readonly failure: string }
