import { memo } from 'react'
import { durationText, stateLook } from '../../ui/index.ts'
import { type Grid, runDurationMs } from './grid-cell-text.ts'
import { cellId, cellPx, headPx } from './grid-size.ts'
import styles from './run-grid.module.css'

interface GridHeadProps {
  readonly grid: Grid
  readonly from: number
  readonly to: number
  readonly labelPx: number
  readonly activeColumn: number | null
  readonly id: string
  readonly now: number
}

const barPx = headPx - 24

/** Runs with how long they took. */
export const GridHead = memo(function GridHead({ grid, from, to, labelPx, activeColumn, id, now }: GridHeadProps) {
  const { runs } = grid
  const longestMs = Math.max(1, ...runs.map((run) => runDurationMs(run, now) ?? 0))
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus, and says which cell is active
    // biome-ignore lint/a11y/useSemanticElements: rows of a table cannot be placed where they are in view
    <div role="row" aria-rowindex={1} className={styles.head} style={{ height: headPx }}>
      {/* biome-ignore lint/a11y/useFocusableInteractive: as its row */}
      {/* biome-ignore lint/a11y/useSemanticElements: as its row */}
      <div role="columnheader" className={styles.corner} style={{ width: labelPx }}>
        <span>{durationText(longestMs)}</span>
        <span>Task</span>
      </div>
      {Array.from({ length: to - from }, (_, at) => {
        const column = from + at
        const run = runs[runs.length - 1 - column]
        if (run === undefined) return null
        const heightPx = Math.max(3, ((runDurationMs(run, now) ?? 0) / longestMs) * (barPx - 4))
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: as its row
          // biome-ignore lint/a11y/useSemanticElements: as its row
          <div
            key={run.id}
            id={cellId(id, -1, column)}
            role="columnheader"
            aria-colindex={column + 2}
            aria-label={`Run ${run.id}, ${stateLook(run.state).label}`}
            className={styles.run}
            style={{ left: labelPx + column * cellPx, height: headPx }}
            data-row={-1}
            data-column={column}
            data-active={activeColumn === column || undefined}
          >
            <span className={styles.bar} data-state={run.state} style={{ height: heightPx }} />
            <span className={styles.mark} data-state={run.state} />
          </div>
        )
      })}
    </div>
  )
})
