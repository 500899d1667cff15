import type { Box, GraphLayout } from './layout.ts'

/** Pixels around the graph; the buttons keep the left side to themselves. */
const padding = { top: 24, right: 24, bottom: 24, left: 60 }

export const minZoom = 0.05

/** Below this zoom texts are not readable. */
export const readableZoom = 0.4

/** At which a graph begins that is too large to be read as a whole. */
const closeZoom = 0.8

/** 0 × 0 before it is measured. */
interface Place {
  readonly width: number
  readonly height: number
}

/** As high as a place of a width needs to be for what is seen at first, never larger than its own size; in pixels. */
export function heightFor({ boxes }: GraphLayout, placeWidth: number): number {
  const { width, height } = boundsOf(boxes)
  const zoom = placeWidth === 0 ? 1 : Math.min(1, roomIn({ width: placeWidth, height: 0 }).width / width)
  return Math.ceil(height * (zoom < readableZoom ? closeZoom : zoom)) + padding.top + padding.bottom
}

/** Where a graph stands in a place, in pixels of it. */
interface Viewport {
  readonly x: number
  readonly y: number
  readonly zoom: number
}

/** So that all of it is seen, in the middle and never larger than its own size. */
export function fitted({ boxes }: GraphLayout, place: Place): Viewport {
  const bounds = boundsOf(boxes)
  const room = roomIn(place)
  return viewportAt(
    bounds,
    bounds,
    room,
    Math.max(minZoom, Math.min(1, room.width / bounds.width, room.height / bounds.height)),
  )
}

/** As a whole where that can be read, else close to one of its boxes. */
export function begun(layout: GraphLayout, place: Place, key: string | undefined): Viewport {
  const whole = fitted(layout, place)
  const near = key === undefined ? undefined : layout.boxes.get(key)
  if (whole.zoom >= readableZoom || near === undefined) return whole
  return viewportAt(boundsOf(layout.boxes), near, roomIn(place), closeZoom)
}

/** With something in the middle, as far as no side of the graph is further in than it need be. */
function viewportAt(bounds: Box, { x, y, width, height }: Box, room: Place, zoom: number): Viewport {
  const left = startOf(bounds.x, bounds.width, x + width / 2, room.width, zoom)
  const top = startOf(bounds.y, bounds.height, y + height / 2, room.height, zoom)
  return { x: padding.left + left, y: padding.top + top, zoom }
}

function startOf(first: number, length: number, middle: number, room: number, zoom: number): number {
  if (length * zoom <= room) return (room - length * zoom) / 2 - first * zoom
  return Math.min(-first * zoom, Math.max(room - (first + length) * zoom, room / 2 - middle * zoom))
}

function roomIn({ width, height }: Place): Place {
  return {
    width: Math.max(1, width - padding.left - padding.right),
    height: Math.max(1, height - padding.top - padding.bottom),
  }
}

function boundsOf(boxes: ReadonlyMap<string, Box>): Box {
  const all = [...boxes.values()]
  const least = (of: (box: Box) => number) => all.reduce((found, box) => Math.min(found, of(box)), Infinity)
  const most = (of: (box: Box) => number) => all.reduce((found, box) => Math.max(found, of(box)), -Infinity)
  const [x, y] = [least((box) => box.x), least((box) => box.y)]
  return { x, y, width: most((box) => box.x + box.width) - x, height: most((box) => box.y + box.height) - y }
}
