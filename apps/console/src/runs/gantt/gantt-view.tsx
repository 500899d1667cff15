import { ActionIcon, Button, Group, Text } from '@mantine/core'
import { useInterval, useMediaQuery } from '@mantine/hooks'
import { IconZoomIn, IconZoomOut } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import styles from './gantt.module.css'
import { GanttRow } from './gantt-row.tsx'
import { marks, markText, stepMs } from './time-scale.ts'
import { shownRows, type TimelineRow } from './timeline.ts'

interface GanttViewProps {
  readonly label: string
  readonly rows: readonly TimelineRow[]
  /** Of the run; null while it goes on. */
  readonly endedAt: number | null
  readonly selected: number | undefined
  readonly onOpen: (taskRun: number) => void
}

const rowPx = 28
const mostZoom = 512

/** When each task waited and ran. Arrows move between rows, Enter opens one, + and − change the scale. */
export function GanttView({ label, rows: all, endedAt, selected, onOpen }: GanttViewProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const isNarrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const labelPx = isNarrow ? 120 : 220
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const [zoom, setZoom] = useState(1)
  const [widthPx, setWidthPx] = useState(800)
  const [scrolledPx, setScrolledPx] = useState(0)
  const [active, setActive] = useState(0)
  const [now, setNow] = useState(() => Date.now())
  useInterval(() => setNow(Date.now()), 1000, { autoInvoke: endedAt === null })

  const rows = useMemo(() => shownRows(all, open), [all, open])
  const mapped = useMemo(() => new Set(all.flatMap(({ mapIndex, node }) => (mapIndex === null ? [] : [node]))), [all])
  const start = useMemo(() => Math.min(...all.flatMap(({ segments }) => segments.map(({ from }) => from))), [all])
  const lastEnd = useMemo(() => Math.max(...all.flatMap(({ segments }) => segments.map(({ to }) => to ?? 0))), [all])
  const end = Math.max(endedAt === null ? Math.max(now, lastEnd) : lastEnd, start + 100)
  const viewPx = Math.max(100, widthPx - labelPx - 8)
  const areaPx = viewPx * zoom
  // A little room after the last bar.
  const pxPerMs = (areaPx * 0.985) / (end - start)

  const vertical = useVirtualizer({
    ...{ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowPx, overscan: 8 },
    scrollPaddingStart: rowPx,
  })
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidthPx(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  // What is in the middle stays there.
  const middle = useRef(0)
  const zoomBy = (factor: number) => {
    const next = Math.min(mostZoom, Math.max(1, zoom * factor))
    middle.current = (scrolledPx + viewPx / 2) / areaPx
    setZoom(next)
  }
  const lastZoom = useRef(zoom)
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null || lastZoom.current === zoom) return
    lastZoom.current = zoom
    element.scrollLeft = middle.current * areaPx - viewPx / 2
  })
  const latestZoom = useRef(zoomBy)
  useEffect(() => {
    latestZoom.current = zoomBy
  })
  useEffect(() => {
    const element = scroller.current
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      latestZoom.current(event.deltaY < 0 ? 1.25 : 0.8)
    }
    element?.addEventListener('wheel', onWheel, { passive: false })
    return () => element?.removeEventListener('wheel', onWheel)
  }, [])

  const toggle = (node: string) =>
    setOpen((before) =>
      before.has(node) ? new Set([...before].filter((one) => one !== node)) : new Set([...before, node]),
    )
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active]
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -rows.length, End: rows.length },
    }
    const step = steps[event.key]
    if (step !== undefined) {
      const next = Math.min(Math.max(0, active + step), rows.length - 1)
      setActive(next)
      vertical.scrollToIndex(next)
    } else if (event.key === '+' || event.key === '=') zoomBy(2)
    else if (event.key === '-') zoomBy(0.5)
    else if (event.key === '0') setZoom(1)
    else if (row !== undefined && event.key === 'Enter') onOpen(row.taskRun)
    else if (row !== undefined && event.key === ' ' && mapped.has(row.node)) toggle(row.node)
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      scroller.current?.scrollBy({ left: event.key === 'ArrowLeft' ? -80 : 80 })
    } else return
    event.preventDefault()
  }

  const step = stepMs(pxPerMs)
  const shownFrom = start + scrolledPx / pxPerMs
  const offsetMs = -new Date(start).getTimezoneOffset() * 60_000
  const shownMarks = marks(
    Math.max(start, shownFrom - step),
    Math.min(end, shownFrom + viewPx / pxPerMs + step),
    step,
    offsetMs,
  )
  return (
    <>
      <Group gap="xs">
        <ActionIcon variant="default" aria-label="Larger" disabled={zoom >= mostZoom} onClick={() => zoomBy(2)}>
          <IconZoomIn size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon variant="default" aria-label="Smaller" disabled={zoom <= 1} onClick={() => zoomBy(0.5)}>
          <IconZoomOut size={16} aria-hidden />
        </ActionIcon>
        <Button size="compact-sm" variant="default" disabled={zoom === 1} onClick={() => setZoom(1)}>
          Fit
        </Button>
        <GanttLegend />
      </Group>
      <div
        ref={scroller}
        className={styles.scroller}
        role="listbox"
        aria-label={label}
        aria-activedescendant={rows[active] === undefined ? undefined : `gantt-${rows[active].taskRun}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onScroll={(event) => setScrolledPx(event.currentTarget.scrollLeft)}
      >
        <div role="presentation" style={{ width: labelPx + areaPx, minWidth: '100%', position: 'relative' }}>
          <div className={styles.axis} style={{ height: rowPx }} aria-hidden>
            <span className={styles.corner} style={{ width: labelPx }} />
            {shownMarks.map((at) => (
              <span key={at} className={styles.mark} style={{ left: labelPx + (at - start) * pxPerMs }}>
                {markText(at, step)}
              </span>
            ))}
          </div>
          <div role="presentation" className={styles.body} style={{ height: vertical.getTotalSize() }}>
            {shownMarks.map((at) => (
              <span key={at} className={styles.line} style={{ left: labelPx + (at - start) * pxPerMs }} aria-hidden />
            ))}
            {vertical.getVirtualItems().map(({ index, start: top }) => {
              const row = rows[index]
              if (row === undefined) return null
              return (
                <GanttRow
                  key={row.taskRun}
                  {...{ row, labelPx, pxPerMs, now, start, rowPx, onOpen }}
                  top={top}
                  isActive={index === active}
                  isSelected={row.taskRun === selected}
                  isOpen={mapped.has(row.node) && row.mapIndex === null ? open.has(row.node) : null}
                  onToggle={toggle}
                />
              )
            })}
          </div>
        </div>
      </div>
    </>
  )
}

function GanttLegend() {
  return (
    <Group gap="sm" ml="auto">
      {(
        [
          ['queued', 'waiting for a worker'],
          ['running', 'runs'],
          ['success', 'succeeded'],
          ['failed', 'failed'],
          ['pause', 'until the next attempt'],
          ['items', 'items'],
        ] as const
      ).map(([kind, text]) => (
        <Group key={kind} gap={4} wrap="nowrap">
          <span className={styles.key} data-kind={kind} aria-hidden />
          <Text size="xs" c="dimmed">
            {text}
          </Text>
        </Group>
      ))}
    </Group>
  )
}
