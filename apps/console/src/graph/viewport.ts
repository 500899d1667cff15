import type { Box, GraphLayout } from './layout.ts'

/** Pixels around the graph; the buttons keep the left side to themselves. */
const padding = { top: 24, right: 24, bottom: 24, left: 60 }

export const minZoom = 0.05

/** 0 × 0 before it is measured. */
interface Place {
  readonly width: number
  readonly height: number
}

/** As high as a place of a width needs to be for all of the graph to be seen, never larger than its own size; in pixels. */
export function heightFor({ boxes }: GraphLayout, placeWidth: number): number {
  const { width, height } = boundsOf(boxes)
  const zoom = placeWidth === 0 ? 1 : Math.min(1, roomIn({ width: placeWidth, height: 0 }).width / width)
  return Math.ceil(height * zoom) + padding.top + padding.bottom
}

/** Where the graph stands in a place so that all of it is seen, in the middle and never larger than its own size. */
export function fitted({ boxes }: GraphLayout, place: Place): { x: number; y: number; zoom: number } {
  const { x, y, width, height } = boundsOf(boxes)
  const room = roomIn(place)
  const zoom = Math.max(minZoom, Math.min(1, room.width / width, room.height / height))
  return {
    x: padding.left + (room.width - width * zoom) / 2 - x * zoom,
    y: padding.top + (room.height - height * zoom) / 2 - y * zoom,
    zoom,
  }
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
