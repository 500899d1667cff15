import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { apiQuery, type Schema } from '../api/index.ts'
import { GraphView } from '../graph/index.ts'
import { Loaded } from '../ui/index.ts'
import { useTaskSearch } from './use-task-search.ts'

type RunGraph = Schema<'RunGraph'>

/** The graph of a run with what each of its nodes does. */
export function RunGraphPage() {
  const { run } = useParams({ from: '/shell/runs/$run' })
  const graph = useQuery(apiQuery('/api/runs/{run}/graph', { params: { path: { run } } }))
  return <Loaded query={graph}>{(found) => <LiveGraph run={run} graph={found} />}</Loaded>
}

function LiveGraph({ run, graph }: { readonly run: string; readonly graph: RunGraph }) {
  const { search, open, close } = useTaskSearch()
  // The graph of a run never changes; only its states do.
  const structure = JSON.stringify([
    graph.nodes.map(({ id, kind, name, group }) => [id, kind, name, group]),
    graph.edges,
  ])
  // As long as the structure is the same, so are the arrays.
  const nodes = useMemo(
    () =>
      graph.nodes.map(({ id, kind, name, group, items }) => ({
        ...{ id, kind, group, isMapped: items !== undefined },
        detail: name === id ? undefined : name,
      })),
    [structure],
  )
  const { edges, groups } = useMemo(() => ({ edges: graph.edges, groups: graph.groups }), [structure])
  const byId = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph])
  const stateOf = useCallback((id: string) => byId.get(id), [byId])
  const selected = graph.nodes.find(({ task_run }) => task_run === search.task)?.id
  const select = (id: string | undefined) => {
    const task = id === undefined ? undefined : byId.get(id)?.task_run
    if (task === undefined) close()
    else open(task)
  }
  return (
    <GraphView
      label={`Graph of run ${run}`}
      {...{ nodes, edges, groups, stateOf, selected }}
      onSelect={select}
      onOpen={select}
    />
  )
}
