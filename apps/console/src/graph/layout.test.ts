import ELK from 'elkjs/lib/elk.bundled.js'
import { expect, it } from 'vitest'
import type { AnyState } from '../ui/index.ts'
import { arrowPath, edgePath } from './edge-path.ts'
import { firstLook } from './first-look.ts'
import { type GraphLayout, layoutRequest, readLayout } from './layout.ts'
import { step } from './step.ts'
import type { GraphDirection, GraphEdge, GraphGroup, GraphNode } from './types.ts'
import { begun, fitted, heightFor } from './viewport.ts'
import { type VisibleGraph, visibleGraph } from './visible-graph.ts'

const node = (id: string, group?: string): GraphNode => ({ id, ...(group === undefined ? {} : { group }) })
const nodes = [node('a'), node('b', 'inner'), node('c', 'inner'), node('d', 'outer'), node('e')]
const edges: GraphEdge[] = [
  { from: 'a', to: 'b' },
  { from: 'a', to: 'c' },
  { from: 'b', to: 'd' },
  { from: 'c', to: 'd' },
  { from: 'd', to: 'e' },
]
const groups: GraphGroup[] = [
  { id: 'inner', title: 'Inner', parent: 'outer' },
  { id: 'outer', parent: null },
  { id: 'empty' },
]

async function laidOut(graph: VisibleGraph, direction: GraphDirection = 'right'): Promise<GraphLayout> {
  return readLayout(await new ELK().layout(layoutRequest(graph, direction)), direction)
}

function boxOf({ boxes }: GraphLayout, key: string) {
  const box = boxes.get(key)
  if (box === undefined) throw new Error(`${key} has no place.`)
  return box
}

it('puts what follows to the right, and frames around what they hold', async () => {
  const layout = await laidOut(visibleGraph(nodes, edges, groups, new Set()))
  const [a, b, d, inner, outer] = ['node:a', 'node:b', 'node:d', 'group:inner', 'group:outer'].map((key) =>
    boxOf(layout, key),
  )
  expect(b?.x).toBeGreaterThan((a?.x ?? 0) + (a?.width ?? 0))
  expect(d?.x).toBeGreaterThan((b?.x ?? 0) + (b?.width ?? 0))
  for (const [small, large] of [
    [b, inner],
    [inner, outer],
    [d, outer],
  ]) {
    expect(small?.x).toBeGreaterThan(large?.x ?? 0)
    expect((small?.x ?? 0) + (small?.width ?? 0)).toBeLessThan((large?.x ?? 0) + (large?.width ?? 0))
    expect(small?.y).toBeGreaterThan(large?.y ?? 0)
  }
  expect(layout.boxes.has('group:empty')).toBe(false)
})

it('leads lines from box to box, in frames too', async () => {
  const layout = await laidOut(visibleGraph(nodes, edges, groups, new Set()))
  expect(layout.lines).toHaveLength(5)
  for (const { from, to, points } of layout.lines) {
    const [start, end] = [boxOf(layout, from), boxOf(layout, to)]
    expect(points[0]?.x).toBeCloseTo(start.x + start.width)
    expect(points.at(-1)?.x).toBeCloseTo(end.x)
    expect(points.at(-1)?.y).toBeGreaterThanOrEqual(end.y)
    expect(points.at(-1)?.y).toBeLessThanOrEqual(end.y + end.height)
  }
  expect(edgePath(layout.lines)).toMatch(/^M[\d.]+ [\d.]+/)
  expect(arrowPath(layout.lines).split('Z')).toHaveLength(6)
})

it('draws a closed group as one box with the edges of all that it holds', async () => {
  const graph = visibleGraph(nodes, edges, groups, new Set(['outer']))
  expect(graph.items.map(({ key, members }) => [key, members])).toEqual([
    ['node:a', ['a']],
    ['group:outer', ['b', 'c', 'd']],
    ['node:e', ['e']],
  ])
  expect(graph.edges).toEqual([
    { from: 'node:a', to: 'group:outer' },
    { from: 'group:outer', to: 'node:e' },
  ])
  expect(graph.frames).toEqual([])
  expect((await laidOut(graph)).boxes.size).toBe(3)
  const inner = visibleGraph(nodes, edges, groups, new Set(['inner']))
  expect(inner.frames.map(({ id }) => id)).toEqual(['outer'])
  expect(inner.items.find(({ kind }) => kind === 'group')).toMatchObject({ label: 'Inner', group: 'outer' })
})

it('leaves out edges to nothing, and stands groups that contain each other', () => {
  const graph = visibleGraph(
    [node('a', 'x'), node('b', 'nowhere')],
    [
      { from: 'a', to: 'gone' },
      { from: 'a', to: 'b' },
      { from: 'a', to: 'b' },
    ],
    [
      { id: 'x', parent: 'y' },
      { id: 'y', parent: 'x' },
    ],
    new Set(),
  )
  expect(graph.edges).toEqual([{ from: 'node:a', to: 'node:b' }])
  expect(graph.items).toHaveLength(2)
})

it('follows edges by arrow keys, whichever way the graph lies', async () => {
  const graph = visibleGraph(nodes, edges, groups, new Set())
  const right = await laidOut(graph)
  expect(step(right, graph.items, '', 'ArrowRight')).toBe('node:a')
  const first = step(right, graph.items, 'node:a', 'ArrowRight')
  expect(['node:b', 'node:c']).toContain(first)
  const [upper, lower] =
    boxOf(right, 'node:b').y < boxOf(right, 'node:c').y ? ['node:b', 'node:c'] : ['node:c', 'node:b']
  expect(step(right, graph.items, upper ?? '', 'ArrowDown')).toBe(lower)
  expect(step(right, graph.items, lower ?? '', 'ArrowUp')).toBe(upper)
  expect(step(right, graph.items, 'node:d', 'ArrowLeft')).toMatch(/node:[bc]/)
  expect(step(right, graph.items, 'node:e', 'ArrowRight')).toBeUndefined()
  const down = await laidOut(graph, 'down')
  expect(step(down, graph.items, 'node:d', 'ArrowDown')).toBe('node:e')
  expect(step(down, graph.items, 'node:d', 'ArrowUp')).toMatch(/node:[bc]/)
})

it('finds a place for each of 500 nodes in seconds', async () => {
  // Fifty layers of ten, each node after two of the layer before; a group for every ten layers.
  const many = Array.from({ length: 500 }, (_, index) => node(`n${index}`, `g${Math.floor(index / 100)}`))
  const between = many
    .slice(10)
    .flatMap(({ id }, index) => [index, index - (index % 10)].map((from) => ({ from: `n${from}`, to: id })))
  const around = Array.from({ length: 5 }, (_, index) => ({ id: `g${index}` }))
  const layout = await laidOut(visibleGraph(many, between, around, new Set()))
  expect(layout.boxes.size).toBe(505)
  expect(layout.lines.every(({ points }) => points.length > 1)).toBe(true)
})

it('shows all of a graph in the middle, in a place that is no higher than it needs', () => {
  const box = { x: 12, y: 12, width: 200, height: 50 }
  const boxes = new Map([
    ['a', box],
    ['b', { ...box, x: 412 }],
  ])
  const graph: GraphLayout = { direction: 'right', boxes, lines: [] }
  expect(heightFor(graph, 1000)).toBe(98)
  expect(fitted(graph, { width: 1000, height: 98 })).toEqual({ x: 60 + (916 - 600) / 2 - 12, y: 12, zoom: 1 })
  // Narrower, it is as wide as its place, and so its place is less high.
  expect(heightFor(graph, 384)).toBe(73)
  expect(fitted(graph, { width: 384, height: 73 })).toEqual({ x: 54, y: 18, zoom: 0.5 })
})

it('begins a graph that is too large to be read as a whole close to what failed or runs, or where it begins', () => {
  const ids = Array.from({ length: 30 }, (_, index) => `n${index}`)
  const graph = visibleGraph(
    ids.map((id) => node(id)),
    [],
    [],
    new Set(),
  )
  const boxes = new Map(ids.map((id, index) => [`node:${id}`, { x: index * 300, y: 0, width: 200, height: 50 }]))
  const layout: GraphLayout = { direction: 'right', boxes, lines: [] }
  const states: Record<string, AnyState> = { n0: 'success', n3: 'running', n20: 'failed' }
  const stateOf = (id: string) => ({ state: states[id] })
  expect(firstLook(graph, stateOf)).toBe('node:n20')
  states.n20 = 'success'
  expect(firstLook(graph, stateOf)).toBe('node:n3')
  expect(firstLook(graph, () => undefined)).toBe('node:n0')

  const place = { width: 1084, height: heightFor(layout, 1084) }
  expect(place.height).toBe(88)
  const middle = (place.width - 84) / 2 + 60
  expect(begun(layout, place, 'node:n20')).toEqual({ x: middle - 6100 * 0.8, y: 24, zoom: 0.8 })
  // At either end its side is where that of a whole graph is.
  expect(begun(layout, place, 'node:n0')).toEqual({ x: 60, y: 24, zoom: 0.8 })
  expect(begun(layout, place, 'node:n29').x).toBeCloseTo(1060 - 8900 * 0.8)
  // What can be read as a whole is shown so.
  expect(begun(layout, { width: 5000, height: 800 }, 'node:n20')).toEqual(fitted(layout, { width: 5000, height: 800 }))
})
