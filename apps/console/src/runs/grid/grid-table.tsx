import { Group, Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, type MouseEvent, useId, useLayoutEffect, useRef, useState } from 'react'
import { CellProgress } from './cell-progress.tsx'
import { drawCells } from './draw-grid.ts'
import { GridCanvas } from './grid-canvas.tsx'
import { cellText, type Grid, runText } from './grid-cell-text.ts'
import { GridHead } from './grid-head.tsx'
import { type GridPlace, moved } from './grid-move.ts'
import { GridRow } from './grid-row.tsx'
import { cellId, cellPx, rowPx } from './grid-size.ts'
import { placeAt } from './place-at.ts'
import styles from './run-grid.module.css'
import { useCellWindow } from './use-cell-window.ts'

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
  const [pointed, setPointed] = useState<GridPlace | null>(null)
  const [said, setSaid] = useState('')
  const place = { row: Math.min(active.row, rows - 1), column: Math.min(Math.max(0, active.column), columns - 1) }

  // The newest run is what people look for, and stays in view when another one comes.
  const newest = grid.runs[0]?.id
  useLayoutEffect(() => {
    const element = scroller.current
    if (element !== null && newest !== undefined) element.scrollLeft = element.scrollWidth
  }, [newest])
  const { cells, show } = useCellWindow(scroller, rows, columns, labelPx)

  const runAt = (column: number) => grid.runs[columns - 1 - column]
  const textOf = ({ row, column }: GridPlace): string => {
    const run = runAt(column)
    if (run === undefined) return ''
    return row < 0 ? runText(run, Date.now()) : cellText(grid, run, row, Date.now())
  }
  const runningTaskAt = ({ row, column }: GridPlace) => {
    const run = runAt(column)
    const taskRun = run?.states[row] === 'running' ? run.task_runs[row] : undefined
    return run === undefined || typeof taskRun !== 'number' ? null : { run: run.id, taskRun }
  }
  const lookedAt = pointed ?? (said === '' ? null : place)
  const watched = lookedAt === null ? null : runningTaskAt(lookedAt)
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
    show(next)
  }
  const at = (event: MouseEvent<HTMLElement>) => placeAt(event, event.currentTarget, { rows, columns, labelPx })
  const onMouseMove = (event: MouseEvent<HTMLElement>) => {
    const next = at(event)
    if (next?.row === pointed?.row && next?.column === pointed?.column) return
    setPointed(next)
    if (event.target instanceof HTMLCanvasElement) event.target.title = next === null ? '' : textOf(next)
  }

  const inView: number[] = Array.from({ length: cells.toRow - cells.fromRow }, (_, index) => cells.fromRow + index)
  // The active cell is there for who reads by ear, wherever the others have scrolled to.
  if (place.row >= 0 && !inView.includes(place.row)) inView.push(place.row)

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
        data-pointed={pointed !== null || undefined}
        onKeyDown={onKeyDown}
        onFocus={() => setSaid(textOf(place))}
        onMouseMove={onMouseMove}
        onMouseLeave={() => setPointed(null)}
        onClick={(event) => {
          const clicked = at(event)
          if (clicked === null) return
          setActive(clicked)
          open(clicked, event.ctrlKey || event.metaKey)
        }}
        onAuxClick={(event) => {
          const clicked = at(event)
          if (clicked !== null && event.button === 1) open(clicked, true)
        }}
      >
        <div role="presentation" style={{ width: labelPx + columns * cellPx + 8, minWidth: '100%' }}>
          <GridHead {...{ grid, cells, labelPx, id }} activeColumn={place.row < 0 ? place.column : null} />
          <div role="presentation" className={styles.body} style={{ height: rows * rowPx }}>
            {pointed !== null && pointed.row >= 0 && (
              <div role="presentation" className={styles.pointed} style={{ top: pointed.row * rowPx, height: rowPx }} />
            )}
            <GridCanvas {...{ grid, cells, labelPx }} draw={drawCells} />
            {inView.map((row) => (
              <GridRow
                key={row}
                {...{ grid, labelPx, id }}
                place={row}
                activeColumn={place.row === row ? place.column : null}
              />
            ))}
          </div>
        </div>
      </div>
      <Group gap="xs" justify="space-between" mih={20}>
        <Text size="xs" role="status" style={{ overflowWrap: 'anywhere' }}>
          {said}
        </Text>
        {/* Beside what is read out, since it changes all the time. */}
        {watched !== null && <CellProgress key={watched.taskRun} {...watched} />}
      </Group>
    </>
  )
}
