import { memo } from 'react'
import { stateLook } from '../../ui/index.ts'
import type { Grid } from './grid-cell-text.ts'
import { cellId, cellPx, rowPx } from './grid-size.ts'
import styles from './run-grid.module.css'

interface GridRowProps {
  readonly grid: Grid
  readonly place: number
  readonly labelPx: number
  /** The column of the active cell when it is in this row. */
  readonly activeColumn: number | null
  readonly id: string
}

/** A task: its name, and its active cell; the others are only drawn. */
export const GridRow = memo(function GridRow({ grid, place, labelPx, activeColumn, id }: GridRowProps) {
  const node = grid.nodes[place]
  if (node === undefined) return null
  const { runs } = grid
  const state = activeColumn === null ? null : (runs[runs.length - 1 - activeColumn]?.states[place] ?? null)
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus, and says which cell is active
    // biome-ignore lint/a11y/useSemanticElements: rows of a table cannot be placed where they are in view
    <div role="row" aria-rowindex={place + 2} className={styles.row} style={{ top: place * rowPx, height: rowPx }}>
      {/* biome-ignore lint/a11y/useFocusableInteractive: as its row */}
      {/* biome-ignore lint/a11y/useSemanticElements: as its row */}
      <div role="rowheader" aria-colindex={1} className={styles.label} style={{ width: labelPx }} title={node.id}>
        <span data-gone={!node.current || undefined}>{node.id}</span>
        {node.mapped && <span className={styles.mapped}>×n</span>}
      </div>
      {activeColumn !== null && (
        // biome-ignore lint/a11y/useFocusableInteractive: as its row
        // biome-ignore lint/a11y/useSemanticElements: as its row
        <div
          id={cellId(id, place, activeColumn)}
          role="gridcell"
          aria-colindex={activeColumn + 2}
          aria-label={state === null ? 'no such task' : stateLook(state).label}
          className={styles.active}
          style={{ left: labelPx + activeColumn * cellPx, width: cellPx, height: rowPx }}
        />
      )}
    </div>
  )
})
