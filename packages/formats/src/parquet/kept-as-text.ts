import type { Column } from '../logical-type.ts'
import { LossLedger, type LossOutcome } from '../policy.ts'
import { ColumnBuilder } from './column-builder.ts'
import type { ColumnDecoder } from './column-decoder.ts'
import { parquetSchema } from './schema.ts'
import { textDecoders } from './text-decoders.ts'

/** Values of a column that are decoded at once, only to see which of them its own type refuses. */
const shadowRows = 4096

/**
 * The decoder of a column that became text because its own type (`native`) cannot hold every value:
 * stores the canonical text, and counts the values that made it necessary.
 */
export function keptAsTextDecoder(native: Column, ledger: LossLedger, infinityAsExtremes = false): ColumnDecoder {
  const [leaf] = parquetSchema([native])
  const [shadow] = textDecoders([native])
  const [text] = textDecoders([{ ...native, type: { kind: 'text' } }])
  if (!leaf || !shadow || !text) throw new TypeError('A column has one leaf and one decoder.')
  const builder = new ColumnBuilder(leaf, { policy: 'null', ledger: new KeptAsText(ledger), infinityAsExtremes })
  return (block, column, from, to, out) => {
    for (let at = from; at < to; at += shadowRows) {
      shadow(block, column, at, Math.min(to, at + shadowRows), builder)
      builder.clear()
    }
    text(block, column, from, to, out)
  }
}

/** Enters what would have been nulled as what it is now. */
class KeptAsText extends LossLedger {
  readonly #ledger: LossLedger

  constructor(ledger: LossLedger) {
    super()
    this.#ledger = ledger
  }

  override record(column: string, reason: string, outcome: LossOutcome, count = 1): void {
    // A change of form, such as lost bounds of an array, did not happen to the text.
    if (outcome === 'nulled') this.#ledger.record(column, reason, 'kept-as-text', count)
  }
}
