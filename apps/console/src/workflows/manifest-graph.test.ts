import { expect, it } from 'vitest'
import { differenceGraph, type Manifest, manifestGraph } from './manifest-graph.ts'

function manifest(nodes: Record<string, { upstreams?: string[]; group?: string; mapOver?: string }>): Manifest {
  return {
    groups: [{ id: 'load', title: 'Loading', parent: null }],
    nodes: Object.entries(nodes).map(([id, { upstreams = [], group = null, mapOver = null }]) => ({
      ...{ id, name: id, kind: 'task', operator: { name: 'Sql' }, upstreams, group, mapOver },
    })),
  } as unknown as Manifest
}

it('shows a manifest as a graph', () => {
  const graph = manifestGraph(manifest({ a: {}, b: { upstreams: ['a'], group: 'load', mapOver: 'a' } }))
  expect(graph.nodes).toMatchObject([
    { id: 'a', detail: 'Sql', isMapped: false },
    { id: 'b', group: 'load', isMapped: true },
  ])
  expect(graph.edges).toEqual([{ from: 'a', to: 'b' }])
  expect(graph.groups).toMatchObject([{ id: 'load', title: 'Loading' }])
})

it('marks what differs, and keeps what is gone in its place', () => {
  const from = manifest({ a: {}, gone: { upstreams: ['a'] }, c: { upstreams: ['gone'] } })
  const to = manifest({ a: {}, fresh: { upstreams: ['a'] }, c: { upstreams: ['fresh'] } })
  const graph = differenceGraph(from, to, {
    ...{ added: ['fresh'], removed: ['gone'], changed: [{ id: 'c', fields: ['upstreams'] }] },
    ...{ workflow: [], package_changed: true },
  })
  expect(graph.nodes.map(({ id, mark }) => [id, mark])).toEqual([
    ['a', undefined],
    ['fresh', 'added'],
    ['c', 'changed'],
    ['gone', 'removed'],
  ])
  expect(graph.edges).toEqual([
    { from: 'a', to: 'fresh' },
    { from: 'fresh', to: 'c' },
    { from: 'a', to: 'gone' },
    { from: 'gone', to: 'c' },
  ])
})
