import { useComputedColorScheme } from '@mantine/core'
import { memo, useLayoutEffect, useRef } from 'react'
import type { CellWindow } from './cell-window.ts'
import type { drawCells } from './draw-grid.ts'
import type { Grid } from './grid-cell-text.ts'
import { cellPx, rowPx } from './grid-size.ts'
import styles from './run-grid.module.css'

interface GridCanvasProps {
  readonly grid: Grid
  readonly cells: CellWindow
  readonly labelPx: number
  readonly draw: typeof drawCells
  /** Pixels from the top of what it is in. Default: where its first row is. */
  readonly top?: number
}

/** A picture of the cells in view. What it shows is told by the grid's active cell. */
export const GridCanvas = memo(function GridCanvas({ grid, cells, labelPx, draw, top }: GridCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false })
  useLayoutEffect(() => {
    if (canvas.current !== null) draw(canvas.current, grid, cells, scheme)
  }, [draw, grid, cells, scheme])
  return (
    <canvas
      ref={canvas}
      aria-hidden
      className={styles.canvas}
      style={{ left: labelPx + cells.fromColumn * cellPx, top: top ?? cells.fromRow * rowPx }}
    />
  )
})
