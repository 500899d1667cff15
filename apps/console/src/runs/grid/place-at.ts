import type { GridPlace } from './grid-move.ts'
import { cellPx, headPx, rowPx } from './grid-size.ts'

interface PointedAt {
  readonly clientX: number
  readonly clientY: number
}

/** The cell that a pointer is at, or null where there is none: on labels, or beyond the last. */
export function placeAt(
  { clientX, clientY }: PointedAt,
  scroller: HTMLElement,
  { rows, columns, labelPx }: { readonly rows: number; readonly columns: number; readonly labelPx: number },
): GridPlace | null {
  const { left, top } = scroller.getBoundingClientRect()
  const x = clientX - left - scroller.clientLeft - labelPx
  const y = clientY - top - scroller.clientTop - headPx
  if (x < 0 || x >= scroller.clientWidth - labelPx || y >= scroller.clientHeight - headPx) return null
  const column = Math.floor((x + scroller.scrollLeft) / cellPx)
  const row = y < 0 ? -1 : Math.floor((y + scroller.scrollTop) / rowPx)
  return column < columns && row < rows ? { row, column } : null
}
