import { memo } from 'react'
import { durationText, stateLook } from '../../ui/index.ts'
import type { CellWindow } from './cell-window.ts'
import { drawHead, longestOf } from './draw-grid.ts'
import { GridCanvas } from './grid-canvas.tsx'
import type { Grid } from './grid-cell-text.ts'
import { cellId, cellPx, headPx } from './grid-size.ts'
import styles from './run-grid.module.css'

interface GridHeadProps {
  readonly grid: Grid
  readonly cells: CellWindow
  readonly labelPx: number
  readonly activeColumn: number | null
  readonly id: string
}

/** Runs with how long they took. */
export const GridHead = memo(function GridHead({ grid, cells, labelPx, activeColumn, id }: GridHeadProps) {
  const { runs } = grid
  const active = activeColumn === null ? undefined : runs[runs.length - 1 - activeColumn]
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus, and says which cell is active
    // biome-ignore lint/a11y/useSemanticElements: rows of a table cannot be placed where they are in view
    <div role="row" aria-rowindex={1} className={styles.head} style={{ height: headPx }}>
      {/* biome-ignore lint/a11y/useFocusableInteractive: as its row */}
      {/* biome-ignore lint/a11y/useSemanticElements: as its row */}
      <div role="columnheader" aria-colindex={1} className={styles.corner} style={{ width: labelPx }}>
        <span>{durationText(longestOf(runs, Date.now()))}</span>
        <span>Task</span>
      </div>
      <GridCanvas {...{ grid, cells, labelPx }} draw={drawHead} top={0} />
      {activeColumn !== null && active !== undefined && (
        // biome-ignore lint/a11y/useFocusableInteractive: as its row
        // biome-ignore lint/a11y/useSemanticElements: as its row
        <div
          id={cellId(id, -1, activeColumn)}
          role="columnheader"
          aria-colindex={activeColumn + 2}
          aria-label={`Run ${active.id}, ${stateLook(active.state).label}`}
          className={styles.active}
          style={{ left: labelPx + activeColumn * cellPx, width: cellPx, height: headPx }}
        />
      )}
    </div>
  )
})
