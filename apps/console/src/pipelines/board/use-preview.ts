import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useRef } from 'react'
import { api, apiQuery, type Schema } from '../../api/index.ts'
import type { Board } from './board.ts'
import { draftOf } from './edited.ts'
import { type PlacedProblem, placeProblems } from './problems.ts'
import type { Editor } from './use-editor.ts'

const typingMs = 300

export interface Preview {
  readonly problems: readonly PlacedProblem[]
  readonly changes: readonly Schema<'PipelineDraftChange'>[]
  /** What the board is compiled to; the last one without problems while there are some, and undefined when there was none. */
  readonly graph: { readonly nodes: Schema<'PipelineGraph'>['nodes']; readonly board: Board } | undefined
  /** Whether the graph is of what stands on the board now. */
  readonly isGraphCurrent: boolean
  /** What the server has, for comparison. */
  readonly savedGraph: Schema<'PipelineGraph'> | undefined
  readonly isChecking: boolean
  /** Why it could not be checked. */
  readonly error: Error | null
}

/** What the server says of the pipeline as it is edited; asked a moment after the last change. Nothing is written. */
export function usePreview({ base, edited }: Editor, mayWrite: boolean): Preview {
  const [settled] = useDebouncedValue(edited, typingMs)
  const params = { path: { id: base.id } }
  const body = useMemo(() => draftOf(settled, base.is_active), [settled, base.is_active])
  const drafted = useQuery({
    queryKey: ['preview of a pipeline', base.id, base.etag, body],
    queryFn: async ({ signal }) => ({
      board: settled.board,
      found: await api.post('/api/pipelines/{id}/preview', { params, body, signal }),
    }),
    enabled: mayWrite,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    gcTime: 30_000,
    retry: false,
  })
  const saved = useQuery(apiQuery('/api/pipelines/{id}/graph', { params }))
  const found = drafted.data?.found
  const board = drafted.data?.board ?? settled.board
  const graph = found?.graph ?? saved.data
  const isValid = graph !== undefined && graph.problems.length === 0
  const lastValid = useRef<Preview['graph']>(undefined)
  const current = useMemo(
    () => (graph !== undefined && graph.problems.length === 0 ? { nodes: graph.nodes, board } : undefined),
    [graph, board],
  )
  if (current !== undefined) lastValid.current = current
  const problems = useMemo(
    () => placeProblems(found?.problems ?? saved.data?.problems ?? [], board),
    [found, saved.data, board],
  )
  return {
    problems,
    changes: found?.changes ?? [],
    graph: current ?? lastValid.current ?? validSaved(saved.data, board),
    isGraphCurrent: isValid,
    savedGraph: saved.data,
    isChecking: edited !== settled || drafted.isFetching,
    error: mayWrite ? drafted.error : saved.error,
  }
}

function validSaved(graph: Schema<'PipelineGraph'> | undefined, board: Board): Preview['graph'] {
  return graph === undefined || graph.problems.length > 0 ? undefined : { nodes: graph.nodes, board }
}
