import type { StreamEvent, StreamTotals } from '@millrace/connectors'
import { bytes, count, rows, short } from './amounts.ts'
import { printable } from './printable.ts'
import type { ProgressStream } from './progress.ts'

export interface StreamViewOptions {
  readonly stream: ProgressStream
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number
  readonly mask?: (text: string) => string
}

export interface StreamView extends Disposable {
  onEvent(event: StreamEvent): void
}

const drawEveryMs = 100
const lineEveryMs = 5000
/** Dead letters that are shown one by one; the rest are in the file. */
const lettersShown = 5

/** One line that is drawn in place on a terminal; elsewhere a line every five seconds. What happened stays above it. */
export function createStreamView(options: StreamViewOptions): StreamView {
  const { stream, environment = process.env, now = () => performance.now(), mask = (text) => text } = options
  const animated = stream.isTTY === true && environment.TERM !== 'dumb'
  let drawn = false
  let shownAt = now()
  let last: { readonly at: number; readonly rows: number } = { at: now(), rows: 0 }
  let rate = 0
  let lag: number | null = null
  let letters = 0

  const erase = () => {
    const back = drawn ? '\u001b[1A\r\u001b[J' : ''
    drawn = false
    return back
  }
  const line = (text: string) => void stream.write(`${erase()}${printable(mask(text))}\n`)
  const progress = (totals: StreamTotals) => {
    const at = now()
    if (at - shownAt < (animated ? drawEveryMs : lineEveryMs)) return
    const seconds = (at - last.at) / 1000
    if (seconds >= 1) {
      rate = (totals.rows - last.rows) / seconds
      last = { at, rows: totals.rows }
    }
    shownAt = at
    line(status(totals, rate, lag))
    drawn = animated
  }

  return {
    onEvent(event) {
      switch (event.type) {
        case 'started':
          return line(`${event.from} → ${event.to}, group ${event.group}`)
        case 'flushed':
          lag = event.lag ?? lag
          return progress(event.totals)
        case 'dead-letter':
          if (++letters <= lettersShown)
            line(`warning: ${event.position} is a dead letter: ${event.message} [${event.code}]`)
          if (letters === lettersShown) line('warning: Further dead letters are not shown, only counted.')
          return
        case 'columns-added':
          return line(`columns added: ${event.columns.map(({ name, type }) => `${name} ${type}`).join(', ')}`)
        case 'columns-widened':
          return line(
            `columns widened: ${event.columns.map(({ name, from, to }) => `${name} ${from} → ${to}`).join(', ')}`,
          )
        case 'retry':
          return line(
            `${event.error.message} Trying the ${event.what} again in ${(event.delayMs / 1000).toFixed(1)} s (attempt ${event.attempt + 1}).`,
          )
        case 'stopped':
          return line(
            `${event.reason === 'drained' ? 'Nothing left' : 'Stopped'}; all is committed: ${summary(event.totals)}`,
          )
      }
    },
    [Symbol.dispose]() {
      drawn = false
    },
  }
}

function status(totals: StreamTotals, rate: number, lag: number | null): string {
  return `${summary(totals)}, ${short(rate)} rows/s${lag === null ? '' : `, lag ${count(lag)}`}`
}

function summary({ rows: written, bytes: size, deadLetters, quarantined }: StreamTotals): string {
  return [
    rows(written),
    bytes(size),
    ...(deadLetters > 0 ? [`${count(deadLetters)} dead letters`] : []),
    ...(quarantined > 0 ? [`${count(quarantined)} in quarantine`] : []),
  ].join(', ')
}
