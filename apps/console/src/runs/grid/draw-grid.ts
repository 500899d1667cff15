import type { AnyState } from '../../ui/state-look.ts'
import type { CellWindow } from './cell-window.ts'
import { type Grid, runDurationMs } from './grid-cell-text.ts'
import { markLooks } from './grid-look.ts'
import { cellPx, headPx, markPx, rowPx } from './grid-size.ts'

export type Scheme = 'light' | 'dark'

const barPx = headPx - markPx - 10
const barWidthPx = 14

/** Marks of tasks, a row for each. Thousands of them are drawn in the time that the browser takes to lay out a hundred elements. */
export function drawCells(canvas: HTMLCanvasElement, { runs }: Grid, cells: CellWindow, scheme: Scheme): void {
  const { fromRow, toRow, fromColumn, toColumn, scale } = cells
  const context = sized(canvas, (toColumn - fromColumn) * cellPx, (toRow - fromRow) * rowPx, scale)
  if (context === null) return
  for (let column = fromColumn; column < toColumn; column++) {
    const states = runs[runs.length - 1 - column]?.states ?? []
    const x = Math.round(((column - fromColumn) * cellPx + (cellPx - markPx) / 2) * scale)
    for (let row = fromRow; row < toRow; row++) {
      const state = states[row] ?? null
      if (state === null) continue
      const y = Math.round(((row - fromRow) * rowPx + (rowPx - markPx) / 2) * scale)
      context.drawImage(markOf(state, scheme, scale), x, y)
    }
  }
}

/** How long runs took, as bars, and their states beneath. */
export function drawHead(canvas: HTMLCanvasElement, { runs }: Grid, cells: CellWindow, scheme: Scheme): void {
  const { fromColumn, toColumn, scale } = cells
  const context = sized(canvas, (toColumn - fromColumn) * cellPx, headPx, scale)
  if (context === null) return
  const now = Date.now()
  const longestMs = longestOf(runs, now)
  for (let column = fromColumn; column < toColumn; column++) {
    const run = runs[runs.length - 1 - column]
    if (run === undefined) continue
    const left = (column - fromColumn) * cellPx
    const markTop = headPx - 3 - markPx
    const height = Math.max(3, ((runDurationMs(run, now) ?? 0) / longestMs) * barPx)
    context.fillStyle = markLooks[run.state][scheme]
    context.beginPath()
    context.roundRect(
      Math.round((left + (cellPx - barWidthPx) / 2) * scale),
      Math.round((markTop - 2 - height) * scale),
      Math.round(barWidthPx * scale),
      Math.round(height * scale),
      [2 * scale, 2 * scale, 0, 0],
    )
    context.fill()
    context.drawImage(
      markOf(run.state, scheme, scale),
      Math.round((left + (cellPx - markPx) / 2) * scale),
      Math.round(markTop * scale),
    )
  }
}

/** Of the runs, in milliseconds, and at least one. */
export function longestOf(runs: Grid['runs'], now: number): number {
  return Math.max(1, ...runs.map((run) => runDurationMs(run, now) ?? 0))
}

/** Empties a canvas of a size in pixels of the page. */
function sized(canvas: HTMLCanvasElement, width: number, height: number, scale: number) {
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  return canvas.getContext('2d')
}

const marks = new Map<string, HTMLCanvasElement>()

function markOf(state: AnyState, scheme: Scheme, scale: number): HTMLCanvasElement {
  const key = `${state} ${scheme} ${scale}`
  const known = marks.get(key)
  if (known !== undefined) return known
  const canvas = document.createElement('canvas')
  const context = sized(canvas, markPx, markPx, scale)
  if (context !== null) drawMark(context, state, scheme, scale)
  marks.set(key, canvas)
  return canvas
}

function drawMark(context: CanvasRenderingContext2D, state: AnyState, scheme: Scheme, scale: number): void {
  const { sign, signPx = 12, [scheme]: color } = markLooks[state]
  context.scale(scale, scale)
  context.fillStyle = color
  context.beginPath()
  context.roundRect(0, 0, markPx, markPx, 3)
  context.fill()
  context.fillStyle = '#fff'
  context.font = `700 ${signPx}px ${getComputedStyle(document.body).fontFamily}`
  context.textAlign = 'center'
  // Signs differ in height; each stands in the middle by its own.
  const { actualBoundingBoxAscent, actualBoundingBoxDescent } = context.measureText(sign)
  context.fillText(sign, markPx / 2, (markPx + actualBoundingBoxAscent - actualBoundingBoxDescent) / 2)
}
