import { DataError } from '@millrace/core'

/**
 * What happens to a value that the destination's column type cannot hold (R3): `error` stops the
 * load and names the value, `null` stores NULL and counts it, `text` turns the whole column into
 * text and counts the values that made it necessary.
 */
export type UnrepresentablePolicy = 'error' | 'null' | 'text'

/** `kept-as-text` and `nulled` are outcomes of the policy; `altered` is a documented change of form, such as a lost array bound. */
export type LossOutcome = 'nulled' | 'kept-as-text' | 'altered'

export interface LossEntry {
  readonly column: string
  /** Stable, kebab-case: `infinite-timestamp`, `decimal-nan`, `json-null`, `array-bounds`, … */
  readonly reason: string
  readonly outcome: LossOutcome
  readonly count: number
}

/** Counts, per column and reason, every value that did not arrive exactly as it left. */
export class LossLedger {
  readonly #counts = new Map<string, { column: string; reason: string; outcome: LossOutcome; count: number }>()

  record(column: string, reason: string, outcome: LossOutcome, count = 1): void {
    const key = `${column}\0${reason}\0${outcome}`
    const entry = this.#counts.get(key)
    if (entry) entry.count += count
    else this.#counts.set(key, { column, reason, outcome, count })
  }

  merge(entries: readonly LossEntry[]): void {
    for (const entry of entries) this.record(entry.column, entry.reason, entry.outcome, entry.count)
  }

  entries(): LossEntry[] {
    return [...this.#counts.values()].map((entry) => ({ ...entry }))
  }
}

/**
 * A value that its column cannot hold, under the policies `error` and `text`. The transfer catches
 * it under `text` and starts the load again with the column as text.
 */
export class UnrepresentableValueError extends DataError {
  readonly column: string
  readonly reason: string

  constructor(column: string, reason: string, value: string) {
    super('UNREPRESENTABLE_VALUE', {
      message:
        `Column "${column}" holds ${value.length > 80 ? `${value.slice(0, 80)}…` : value}, which its destination type cannot represent (${reason}). ` +
        `Run again with --on-unrepresentable null to store NULL and count it${reason === 'nul-byte' ? ', or take the byte out in a query' : ', or with --on-unrepresentable text to store the whole column as text'}.`,
      details: { column, reason },
    })
    this.column = column
    this.reason = reason
  }
}
