import type { Line, Point } from './layout.ts'

const radius = 6

/** The outline of lines for one SVG path: straight pieces with rounded corners. */
export function edgePath(lines: readonly Line[]): string {
  return lines.map(({ points }) => onePath(points)).join('')
}

/** The heads of the lines' arrows, as one filled SVG path. */
export function arrowPath(lines: readonly Line[]): string {
  return lines.map(({ points }) => oneArrow(points)).join('')
}

function onePath(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  let path = `M${first.x} ${first.y}`
  let before = first
  rest.forEach((corner, index) => {
    const after = rest[index + 1]
    if (after === undefined) {
      path += `L${corner.x} ${corner.y}`
      return
    }
    const enter = towards(corner, before)
    const leave = towards(corner, after)
    path += `L${enter.x} ${enter.y}Q${corner.x} ${corner.y} ${leave.x} ${leave.y}`
    before = corner
  })
  return path
}

/** A point near a corner, on the way to another one. */
function towards(corner: Point, other: Point): Point {
  const length = Math.hypot(other.x - corner.x, other.y - corner.y)
  if (length === 0) return corner
  const part = Math.min(radius, length / 2) / length
  return { x: corner.x + (other.x - corner.x) * part, y: corner.y + (other.y - corner.y) * part }
}

function oneArrow(points: readonly Point[]): string {
  const [before, end] = points.slice(-2)
  if (before === undefined || end === undefined) return ''
  const length = Math.hypot(end.x - before.x, end.y - before.y)
  if (length === 0) return ''
  const [dx, dy] = [(end.x - before.x) / length, (end.y - before.y) / length]
  const corner = (side: number) => `${end.x - dx * 8 - dy * 4 * side} ${end.y - dy * 8 + dx * 4 * side}`
  return `M${end.x} ${end.y}L${corner(1)}L${corner(-1)}Z`
}
