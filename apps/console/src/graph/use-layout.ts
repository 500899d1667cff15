import type { ElkNode } from 'elkjs/lib/elk-api.js'
import { useEffect, useMemo, useState } from 'react'
import { layoutInWorker } from './elk.ts'
import { type GraphLayout, layoutRequest, readLayout } from './layout.ts'
import type { GraphDirection } from './types.ts'
import type { VisibleGraph } from './visible-graph.ts'

/** Layouts of graphs looked at lately, by what was asked for. */
const known = new Map<string, Promise<GraphLayout>>()
const knownMax = 30

/** Where everything stands; undefined until it is known, and the last one while another is made. */
export function useLayout(
  graph: VisibleGraph,
  direction: GraphDirection,
): { readonly layout: GraphLayout | undefined; readonly error: Error | undefined } {
  const request = useMemo(() => layoutRequest(graph, direction), [graph, direction])
  const text = useMemo(() => JSON.stringify(request), [request])
  const [found, setFound] = useState<{ layout?: GraphLayout; error?: Error }>({})
  useEffect(() => {
    let isWanted = true
    layoutOf(JSON.parse(text), text, direction).then(
      (layout) => isWanted && setFound({ layout }),
      (error) => isWanted && setFound((before) => ({ ...before, error })),
    )
    return () => {
      isWanted = false
    }
  }, [text, direction])
  return { layout: found.layout, error: found.error }
}

async function layoutOf(request: ElkNode, text: string, direction: GraphDirection): Promise<GraphLayout> {
  const before = known.get(text)
  if (before !== undefined) return await before
  const made = layoutInWorker(request).then((root) => readLayout(root, direction))
  known.set(text, made)
  made.catch(() => known.delete(text))
  const [oldest] = known.keys()
  if (known.size > knownMax && oldest !== undefined) known.delete(oldest)
  return await made
}
