import type { Box, GraphLayout } from './layout.ts'
import type { Item } from './visible-graph.ts'

export type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown'

/**
 * The item that an arrow key leads to: along an edge in the direction of the graph, the nearest beside it across; undefined
 * at the end.
 */
export function step(
  { boxes, lines, direction }: GraphLayout,
  items: readonly Item[],
  from: string,
  arrow: Arrow,
): string | undefined {
  const start = boxes.get(from)
  if (start === undefined) return items.find(({ key }) => boxes.has(key))?.key
  const isAcross = arrow === 'ArrowUp' || arrow === 'ArrowDown' ? direction === 'right' : direction === 'down'
  const isOnward = arrow === 'ArrowRight' || arrow === 'ArrowDown'
  const candidates = isAcross
    ? items.map(({ key }) => key).filter((key) => isBeside(boxes.get(key), start))
    : lines.flatMap((line) => {
        const [here, there] = isOnward ? [line.from, line.to] : [line.to, line.from]
        return here === from ? [there] : []
      })
  const across = (box: Box) => (direction === 'right' ? box.y + box.height / 2 : box.x + box.width / 2)
  return candidates
    .map((key) => ({ key, distance: across(boxes.get(key) ?? start) - across(start) }))
    .filter(({ key, distance }) => key !== from && (!isAcross || (isOnward ? distance > 0 : distance < 0)))
    .toSorted((a, b) => Math.abs(a.distance) - Math.abs(b.distance))[0]?.key

  /** In the same layer, as far as people see. */
  function isBeside(box: Box | undefined, start: Box): boolean {
    if (box === undefined) return false
    const [a, b, length] =
      direction === 'right'
        ? [box.x + box.width / 2, start.x + start.width / 2, box.width + start.width]
        : [box.y + box.height / 2, start.y + start.height / 2, box.height + start.height]
    return Math.abs(a - b) < length / 2
  }
}
