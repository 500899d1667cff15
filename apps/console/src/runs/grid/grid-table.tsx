import { Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useRef, useState } from 'react'
import { cellText, type Grid, runText } from './grid-cell-text.ts'
import { GridHead } from './grid-head.tsx'
import { type GridPlace, moved } from './grid-move.ts'
import { GridRow } from './grid-row.tsx'
import { cellId, cellPx, headPx, rowPx } from './grid-size.ts'
import styles from './run-grid.module.css'

/** Tallest that the grid becomes, in pixels. */
const tallestPx = 560

/** One grid with one focus: the arrows move the active cell, Enter opens its task run or run. */
export function GridTable({ grid, label }: { readonly grid: Grid; readonly label: string }) {
  const id = useId()
  const navigate = useNavigate()
  const scroller = useRef<HTMLDivElement>(null)
  const isNarrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const labelPx = isNarrow ? 130 : 240
  const rows = grid.nodes.length
  const columns = grid.runs.length
  const [active, setActive] = useState<GridPlace>({ row: -1, column: columns - 1 })
  const [said, setSaid] = useState('')
  const place = { row: Math.min(active.row, rows - 1), column: Math.min(Math.max(0, active.column), columns - 1) }
  const now = Date.now()

  const getScrollElement = () => scroller.current
  const vertical = useVirtualizer({
    ...{ count: rows, getScrollElement, estimateSize: () => rowPx, overscan: 6 },
    ...{ scrollPaddingStart: headPx, paddingStart: 0 },
  })
  const horizontal = useVirtualizer({
    ...{ horizontal: true, count: columns, getScrollElement, estimateSize: () => cellPx, overscan: 6 },
    scrollPaddingStart: labelPx,
  })
  const shown = horizontal.getVirtualItems()
  const from = shown[0]?.index ?? 0
  const to = (shown.at(-1)?.index ?? -1) + 1

  // The newest run is what people look for, and stays in view when another one comes.
  const newest = grid.runs[0]?.id
  useEffect(() => {
    const element = scroller.current
    if (element !== null && newest !== undefined) element.scrollLeft = element.scrollWidth
  }, [newest])

  const runAt = (column: number) => grid.runs[columns - 1 - column]
  const textOf = ({ row, column }: GridPlace): string => {
    const run = runAt(column)
    if (run === undefined) return ''
    return row < 0 ? runText(run, now) : cellText(grid, run, row, now)
  }
  const open = ({ row, column }: GridPlace, isElsewhere: boolean) => {
    const run = runAt(column)
    const task = run?.task_runs[row]
    if (run === undefined || (row >= 0 && typeof task !== 'number')) return
    const search = typeof task === 'number' && row >= 0 ? { task } : {}
    if (isElsewhere) window.open(`/runs/${run.id}${row < 0 ? '' : `?task=${task}`}`, '_blank', 'noopener')
    else void navigate({ to: '/runs/$run', params: { run: run.id }, search: search as never })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') return open(place, event.ctrlKey || event.metaKey)
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? tallestPx) / rowPx) - 4)
    const next = moved(place, event, { rows, columns, page })
    if (next === undefined) return
    event.preventDefault()
    setActive(next)
    setSaid(textOf(next))
    if (next.row >= 0) vertical.scrollToIndex(next.row)
    horizontal.scrollToIndex(next.column)
  }

  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: rows of a table cannot be placed where they are in view */}
      <div
        ref={scroller}
        className={styles.scroller}
        style={{ maxHeight: tallestPx }}
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={rows + 1}
        aria-colcount={columns + 1}
        aria-activedescendant={cellId(id, place.row, place.column)}
        onKeyDown={onKeyDown}
        onFocus={() => setSaid(textOf(place))}
        onMouseOver={(event) => {
          const at = placeOf(event)
          if (at === null) return
          const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-column]')
          if (cell !== null) cell.title = textOf(at)
        }}
        onClick={(event) => {
          const at = placeOf(event)
          if (at === null) return
          setActive(at)
          open(at, event.ctrlKey || event.metaKey)
        }}
        onAuxClick={(event) => {
          const at = placeOf(event)
          if (at !== null && event.button === 1) open(at, true)
        }}
      >
        <div role="presentation" style={{ width: labelPx + columns * cellPx + 8, minWidth: '100%' }}>
          <GridHead {...{ grid, from, to, labelPx, id, now }} activeColumn={place.row < 0 ? place.column : null} />
          <div role="presentation" className={styles.body} style={{ height: vertical.getTotalSize() }}>
            {vertical.getVirtualItems().map(({ index }) => (
              <GridRow
                key={index}
                {...{ grid, from, to, labelPx, id }}
                place={index}
                activeColumn={place.row === index ? place.column : null}
              />
            ))}
          </div>
        </div>
      </div>
      <Text size="xs" role="status" mih={20} style={{ overflowWrap: 'anywhere' }}>
        {said}
      </Text>
    </>
  )
}

function placeOf(event: MouseEvent): GridPlace | null {
  const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-column]')
  if (cell === null) return null
  return { row: Number(cell.dataset.row), column: Number(cell.dataset.column) }
}
