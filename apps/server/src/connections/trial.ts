import type { Preview } from '@millrace/connectors'
import type { Config } from './store.ts'

/** What is tried with a connection. */
export type Question =
  | { readonly kind: 'test' }
  /** Tables that there are. */
  | { readonly kind: 'relations'; readonly limit: number }
  | { readonly kind: 'preview'; readonly table: string; readonly limit: number }

export interface Trial {
  readonly connector: string
  readonly values: Config
  readonly question: Question
}

export interface TrialAnswers {
  readonly test: { readonly ok: boolean; readonly message: string; readonly serverVersion?: string }
  readonly relations: { readonly tables: readonly string[]; readonly cut: boolean }
  readonly preview: Preview
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
