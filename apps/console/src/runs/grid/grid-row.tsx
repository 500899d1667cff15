import { memo } from 'react'
import { stateLook } from '../../ui/index.ts'
import type { Grid } from './grid-cell-text.ts'
import { cellId, cellPx, rowPx } from './grid-size.ts'
import styles from './run-grid.module.css'

interface GridRowProps {
  readonly grid: Grid
  readonly place: number
  /** Columns from one to before another, the oldest run first. */
  readonly from: number
  readonly to: number
  readonly labelPx: number
  /** The column of the chosen cell when it is in this row. */
  readonly activeColumn: number | null
  readonly id: string
}

/** A task in those runs that are in view. */
export const GridRow = memo(function GridRow({ grid, place, from, to, labelPx, activeColumn, id }: GridRowProps) {
  const node = grid.nodes[place]
  if (node === undefined) return null
  const { runs } = grid
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus, and says which cell is active
    // biome-ignore lint/a11y/useSemanticElements: rows of a table cannot be placed where they are in view
    <div role="row" aria-rowindex={place + 2} className={styles.row} style={{ top: place * rowPx, height: rowPx }}>
      {/* biome-ignore lint/a11y/useFocusableInteractive: as its row */}
      {/* biome-ignore lint/a11y/useSemanticElements: as its row */}
      <div role="rowheader" className={styles.label} style={{ width: labelPx }} title={node.id}>
        <span data-gone={!node.current || undefined}>{node.id}</span>
        {node.mapped && <span className={styles.mapped}>×n</span>}
      </div>
      {Array.from({ length: to - from }, (_, at) => {
        const column = from + at
        const state = runs[runs.length - 1 - column]?.states[place] ?? null
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: as its row
          // biome-ignore lint/a11y/useSemanticElements: as its row
          <div
            key={column}
            id={cellId(id, place, column)}
            role="gridcell"
            aria-colindex={column + 2}
            aria-label={state === null ? 'no such task' : stateLook(state).label}
            className={styles.cell}
            style={{ left: labelPx + column * cellPx }}
            data-row={place}
            data-column={column}
            data-active={activeColumn === column || undefined}
          >
            <span className={styles.mark} data-state={state ?? 'none'} />
          </div>
        )
      })}
    </div>
  )
})
