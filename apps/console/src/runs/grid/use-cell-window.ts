import { type RefObject, useCallback, useLayoutEffect, useState } from 'react'
import { type CellWindow, isSameWindow, scrolledTo, windowOf } from './cell-window.ts'
import type { GridPlace } from './grid-move.ts'

const nothing: CellWindow = { fromRow: 0, toRow: 0, fromColumn: 0, toColumn: 0, scale: 1 }

/** The cells around what is in view of an element that scrolls. */
export function useCellWindow(
  scroller: RefObject<HTMLElement | null>,
  rows: number,
  columns: number,
  labelPx: number,
): { readonly cells: CellWindow; readonly show: (place: GridPlace) => void } {
  const [cells, setCells] = useState(nothing)
  const measure = useCallback(() => {
    const element = scroller.current
    if (element === null) return
    const next = windowOf(element, { rows, columns, labelPx }, window.devicePixelRatio)
    setCells((before) => (isSameWindow(before, next) ? before : next))
  }, [scroller, rows, columns, labelPx])

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    element.addEventListener('scroll', measure, { passive: true })
    window.addEventListener('resize', measure)
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', measure)
      window.removeEventListener('resize', measure)
    }
  }, [scroller, measure])

  const show = (place: GridPlace) => {
    const element = scroller.current
    if (element === null) return
    const { scrollTop, scrollLeft } = scrolledTo(element, place, { rows, columns, labelPx })
    if (scrollTop !== element.scrollTop) element.scrollTop = scrollTop
    if (scrollLeft !== element.scrollLeft) element.scrollLeft = scrollLeft
    // In the same frame as what the key changed, not in the one after.
    measure()
  }
  return { cells, show }
}
