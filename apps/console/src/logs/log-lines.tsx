import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { LogClient } from './log-client.ts'
import { LogLine } from './log-line.tsx'
import styles from './log-view.module.css'
import { rowHeightPx, scrollScale } from './scroll-scale.ts'

/** Where the lines stand: at a row and a part of it, or at the end wherever that is. */
export interface LogPlace {
  readonly position: number
  readonly isAtEnd: boolean
}

interface LogLinesProps {
  readonly client: LogClient
  readonly revision: number
  readonly rows: number
  readonly label: string
  readonly place: LogPlace
  readonly onPlace: (place: LogPlace) => void
  readonly onKey: (event: KeyboardEvent) => void
  readonly pattern: RegExp | null
  readonly isUtc: boolean
  readonly isWrapped: boolean
  readonly markedLine: number | null
  readonly onMark: (line: number) => void
}

/** As many lines as fit, of a log of any length: the bar is an element of bounded height, and the DOM stays the same size. */
export function LogLines(props: LogLinesProps) {
  const { client, rows, label, place, onPlace, onKey, pattern, isUtc, isWrapped, markedLine, onMark } = props
  const scroller = useRef<HTMLElement>(null)
  const lines = useRef<HTMLDivElement>(null)
  const [viewportPx, setViewportPx] = useState(400)
  const [shiftPx, setShiftPx] = useState(0)
  const scale = scrollScale(rows, viewportPx)
  const position = place.isAtEnd ? scale.lastPosition : Math.min(place.position, scale.lastPosition)
  const isAtEnd = position >= scale.lastPosition
  const shown = Math.ceil(viewportPx / rowHeightPx) + 1
  const first = isAtEnd ? Math.max(0, rows - shown) : Math.floor(position)
  const last = Math.min(rows, first + shown)
  /** Where this component put the bar; any other place was the person's doing. */
  const putAt = useRef(0)

  useEffect(() => client.want(first - 100, last + 100))

  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const observer = new ResizeObserver(() => setViewportPx(element.clientHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const wanted = isAtEnd ? element.scrollHeight - element.clientHeight : scale.scrollTopAt(position)
    if (Math.abs(element.scrollTop - wanted) >= 1) element.scrollTop = wanted
    putAt.current = element.scrollTop
  })

  // Rows may be taller than one line: the part of the first one that is above the top is a part of its own height.
  useLayoutEffect(() => {
    const element = lines.current
    if (element === null) return
    const heightPx = element.firstElementChild?.getBoundingClientRect().height ?? rowHeightPx
    const beyondPx = Math.max(0, element.scrollHeight - viewportPx)
    setShiftPx(isAtEnd ? beyondPx : (position - first) * heightPx)
  })

  const move = (rowsBy: number) => {
    const next = Math.max(0, position + rowsBy)
    onPlace({ position: Math.min(next, scale.lastPosition), isAtEnd: next >= scale.lastPosition })
  }
  const latest = useRef({ move, isScaled: scale.isScaled })
  useEffect(() => {
    latest.current = { move, isScaled: scale.isScaled }
  })
  // A pixel of a scaled bar is many rows: the wheel moves by rows there. React's own listener may not prevent it.
  useEffect(() => {
    const element = scroller.current
    const onWheel = (event: WheelEvent) => {
      if (!latest.current.isScaled || event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return
      event.preventDefault()
      const unitPx = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? rowHeightPx : 1
      latest.current.move((event.deltaY * unitPx) / rowHeightPx)
    }
    element?.addEventListener('wheel', onWheel, { passive: false })
    return () => element?.removeEventListener('wheel', onWheel)
  }, [])

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, viewportPx / rowHeightPx - 2)
    const by: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, ' ': page }
    const rowsBy = event.target === event.currentTarget ? by[event.key] : undefined
    if (rowsBy === undefined || event.ctrlKey || event.metaKey || event.altKey) return onKey(event)
    event.preventDefault()
    move(event.key === ' ' && event.shiftKey ? -rowsBy : rowsBy)
  }

  return (
    <section
      ref={scroller}
      className={styles.scroller}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={({ currentTarget }) => {
        const { scrollTop, scrollHeight, clientHeight } = currentTarget
        if (Math.abs(scrollTop - putAt.current) < 1) return
        putAt.current = scrollTop
        onPlace({ position: scale.positionAt(scrollTop), isAtEnd: scrollTop >= scrollHeight - clientHeight - 1 })
      }}
    >
      <div style={{ height: scale.heightPx }}>
        <div className={styles.window} style={{ height: viewportPx }}>
          <div
            ref={lines}
            className={styles.lines}
            data-wrapped={isWrapped || undefined}
            style={{ transform: `translateY(${-shiftPx}px)` }}
          >
            {Array.from({ length: Math.max(0, last - first) }, (_, at) => {
              const row = client.row(first + at)
              const line = row?.line ?? first + at
              return (
                <LogLine
                  key={first + at}
                  line={line}
                  row={row}
                  pattern={pattern}
                  isUtc={isUtc}
                  isMarked={markedLine === line}
                  onMark={onMark}
                />
              )
            })}
          </div>
        </div>
      </div>
    </section>
  )
}
