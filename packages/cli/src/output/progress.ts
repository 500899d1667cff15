import type { TransferEvent } from '@millrace/connectors'
import { bytes, clock, rows, short } from './amounts.ts'
import { printable } from './printable.ts'
import { finishedLine } from './summary.ts'

/** The part of a terminal or pipe that progress is written to. */
export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

export interface ProgressOptions {
  readonly stream: ProgressStream
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number
  readonly mask?: (text: string) => string
}

export interface ProgressView extends Disposable {
  onEvent(event: TransferEvent): void
  /** Writes a line that stays, above the bars. */
  line(text: string): void
}

interface TableState {
  readonly label: string
  readonly total: number | null
  readonly resumedRows: number
  readonly chunks: number
  readonly startedMs: number
  chunksDone: number
  rows: number
  bytes: number
  phase: 'extract' | 'verify' | 'publish'
  linedMs: number
}

const drawEveryMs = 100
const lineEveryMs = 5000

/**
 * Bars that are drawn in place on a terminal; elsewhere (a pipe, a log, `TERM=dumb`) a line for each
 * table every five seconds. Lines of finished tables and warnings stay.
 */
export function createProgressView(options: ProgressOptions): ProgressView {
  const { stream, environment = process.env, now = () => performance.now(), mask = (text) => text } = options
  const animated = stream.isTTY === true && environment.TERM !== 'dumb'
  const color = animated && !environment.NO_COLOR
  const tables = new Map<string, TableState>()
  let drawn = 0
  let drawnAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  const erase = () => {
    const back = drawn > 0 ? `\u001b[${drawn}A\r\u001b[J` : ''
    drawn = 0
    return back
  }
  const draw = () => {
    const height = Math.max(1, (stream.rows ?? 24) - 2)
    const shown = [...tables.values()].slice(0, height)
    const hidden = tables.size - shown.length
    const labels = Math.min(32, Math.max(8, ...shown.map(({ label }) => [...label].length)))
    const lines = shown.map((table) => barLine(table, now(), stream.columns ?? 80, labels, color))
    if (hidden > 0) lines.push(`… and ${hidden} more`)
    // Without wrapping (?7l) a line is a line, however wide the terminal has become.
    stream.write(`${erase()}\u001b[?7l${lines.map((line) => `${line}\n`).join('')}\u001b[?7h`)
    drawn = lines.length
    drawnAt = now()
  }
  const line = (text: string) => {
    const clean = printable(mask(text))
    stream.write(`${animated ? erase() : ''}${clean}\n`)
    if (animated && tables.size > 0) draw()
  }
  const moved = (table: TableState) => {
    if (animated) {
      if (now() - drawnAt >= drawEveryMs) draw()
    } else if (now() - table.linedMs >= lineEveryMs) {
      table.linedMs = now()
      line(textLine(table, now()))
    }
  }

  return {
    line,
    onEvent(event) {
      const table = 'table' in event && event.table !== null ? tables.get(event.table) : undefined
      switch (event.type) {
        case 'table-started': {
          const { table: label, estimatedRows, resumedRows, chunks, resumedChunks } = event
          tables.set(label, {
            label: printable(mask(label)),
            total: estimatedRows,
            resumedRows,
            chunks,
            startedMs: now(),
            chunksDone: resumedChunks,
            rows: 0,
            bytes: 0,
            phase: 'extract',
            linedMs: now(),
          })
          if (resumedChunks > 0) {
            line(`${label}: resumes with ${resumedChunks} of ${chunks} chunks (${rows(resumedRows)}) done already`)
          }
          if (animated) {
            draw()
            // The estimate of the remaining time runs down between events, too.
            timer ??= setInterval(draw, 500).unref()
          }
          return
        }
        case 'progress':
          if (!table) return
          table.rows = event.rows
          table.bytes = event.bytes
          return moved(table)
        case 'phase':
          if (!table) return
          table.phase = event.phase
          if (animated) draw()
          return
        case 'warning':
          return line(`warning: ${event.message}`)
        case 'retry':
          tables.clear()
          return line(
            `${event.error.message} Trying again in ${(event.delayMs / 1000).toFixed(1)} s (attempt ${event.attempt + 1}).`,
          )
        case 'table-finished':
          tables.delete(event.table)
          return line(finishedLine(event, table?.resumedRows ?? 0))
        case 'table-failed':
          tables.delete(event.table)
          if (animated) stream.write(erase())
          if (animated && tables.size > 0) draw()
      }
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      tables.clear()
      if (animated) stream.write(erase())
    },
  }
}

function rates(table: TableState, nowMs: number) {
  const seconds = Math.max(0.001, (nowMs - table.startedMs) / 1000)
  const done = table.resumedRows + table.rows
  // An estimate that was too low must not show more than all.
  const share = table.total === null || table.total <= 0 ? null : Math.min(done / table.total, 0.999)
  const perSecond = table.rows / seconds
  const left = share === null || perSecond === 0 ? null : Math.max(0, (table.total ?? 0) - done) / perSecond
  return { done, share, perSecond, bytesPerSecond: table.bytes / seconds, left }
}

function barLine(table: TableState, nowMs: number, columns: number, labelWidth: number, color: boolean): string {
  const { done, share, perSecond, bytesPerSecond, left } = rates(table, nowMs)
  const name = fit(table.label, labelWidth)
  const state =
    table.phase === 'extract'
      ? `${short(perSecond)} rows/s  ${bytes(bytesPerSecond)}/s${left === null ? '' : `  ETA ${clock(left)}`}`
      : table.phase === 'verify'
        ? 'verifying'
        : 'publishing'
  const full = table.phase === 'extract' ? share : 1
  const text = ` ${full === null ? '    ' : `${Math.floor(full * 100)}%`.padStart(4)}  ${short(done)} rows  ${state}`
  const space = Math.min(40, columns - labelWidth - text.length - 3)
  if (space < 6) return `${name}${text}`
  return `${name}  ${paint(bar(full, space, nowMs), color)}${text}`
}

/** Of unknown length: a block that wanders. */
function bar(share: number | null, width: number, nowMs: number): string {
  if (share === null) {
    const at = Math.floor(nowMs / 200) % width
    return `${'░'.repeat(at)}█${'░'.repeat(width - at - 1)}`
  }
  const full = Math.floor(share * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

function textLine(table: TableState, nowMs: number): string {
  const { done, share, perSecond, bytesPerSecond, left } = rates(table, nowMs)
  return [
    `${table.label}: ${rows(done)}${share === null ? '' : ` (about ${Math.floor(share * 100)}%)`}`,
    `${short(perSecond)} rows/s`,
    `${bytes(bytesPerSecond)}/s`,
    ...(left === null ? [] : [`about ${clock(left)} left`]),
  ].join(', ')
}

function fit(text: string, width: number): string {
  const characters = [...text]
  return characters.length > width
    ? `${characters.slice(0, width - 1).join('')}…`
    : text + ' '.repeat(width - characters.length)
}

function paint(text: string, color: boolean): string {
  return color ? `\u001b[36m${text}\u001b[39m` : text
}
