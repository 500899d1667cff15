export const rowHeightPx = 20
/** Browsers lay out elements up to some ten million pixels tall. */
const tallestPx = 8_000_000

export interface ScrollScale {
  /** Of the element that is scrolled. */
  readonly heightPx: number
  /** Of a bar that is at its end, in rows. */
  readonly lastPosition: number
  /** Whether a pixel of the bar stands for more than a pixel of rows. */
  readonly isScaled: boolean
  /** The row at the top, with how much of it is above the top. */
  positionAt(scrollTop: number): number
  scrollTopAt(position: number): number
}

/** Between the place of a scroll bar and rows, of which there may be more than an element can be tall. */
export function scrollScale(rows: number, viewportPx: number): ScrollScale {
  const wholePx = rows * rowHeightPx
  const heightPx = Math.max(viewportPx, Math.min(wholePx, tallestPx))
  const lastPosition = Math.max(0, rows - viewportPx / rowHeightPx)
  const spanPx = heightPx - viewportPx
  return {
    heightPx,
    lastPosition,
    isScaled: wholePx > tallestPx,
    positionAt: (scrollTop) => (spanPx <= 0 ? 0 : (Math.min(Math.max(0, scrollTop), spanPx) / spanPx) * lastPosition),
    scrollTopAt: (position) => (lastPosition <= 0 ? 0 : (Math.min(position, lastPosition) / lastPosition) * spanPx),
  }
}
