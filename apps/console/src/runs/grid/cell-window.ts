import { cellPx, headPx, rowPx } from './grid-size.ts'

/** The cells that are drawn: rows and columns from one to before another. */
export interface CellWindow {
  readonly fromRow: number
  readonly toRow: number
  readonly fromColumn: number
  readonly toColumn: number
  /** Pixels of the screen for each of the page. */
  readonly scale: number
}

/** What is in view, as the element that scrolls says it, in pixels. */
export interface Viewport {
  readonly scrollTop: number
  readonly scrollLeft: number
  readonly clientWidth: number
  readonly clientHeight: number
}

interface GridSize {
  readonly rows: number
  readonly columns: number
  readonly labelPx: number
}

/** Cells beyond the view that are drawn too; the window moves by as many, so that most scrolling draws nothing. */
const step = 8

export function windowOf(view: Viewport, { rows, columns, labelPx }: GridSize, scale: number): CellWindow {
  const [fromRow, toRow] = range(view.scrollTop, view.clientHeight - headPx, rowPx, rows)
  const [fromColumn, toColumn] = range(view.scrollLeft, view.clientWidth - labelPx, cellPx, columns)
  return { fromRow, toRow, fromColumn, toColumn, scale }
}

function range(startPx: number, lengthPx: number, sizePx: number, count: number): readonly [number, number] {
  const first = Math.floor(startPx / sizePx / step) - 1
  const last = Math.ceil((startPx + Math.max(0, lengthPx)) / sizePx / step) + 1
  const from = Math.min(Math.max(0, first * step), count)
  return [from, Math.min(Math.max(from, last * step), count)]
}

/** Where to scroll so that a cell is in view; the head and the labels cover what is beneath them. */
export function scrolledTo(
  view: Viewport,
  { row, column }: { readonly row: number; readonly column: number },
  { labelPx }: GridSize,
): { readonly scrollTop: number; readonly scrollLeft: number } {
  return {
    scrollTop: row < 0 ? view.scrollTop : nearest(view.scrollTop, view.clientHeight - headPx, row * rowPx, rowPx),
    scrollLeft: nearest(view.scrollLeft, view.clientWidth - labelPx, column * cellPx, cellPx),
  }
}

function nearest(startPx: number, lengthPx: number, atPx: number, sizePx: number): number {
  return Math.max(Math.min(startPx, atPx), atPx + sizePx - lengthPx)
}

export function isSameWindow(one: CellWindow, other: CellWindow): boolean {
  return (
    one.fromRow === other.fromRow &&
    one.toRow === other.toRow &&
    one.fromColumn === other.fromColumn &&
    one.toColumn === other.toColumn &&
    one.scale === other.scale
  )
}
