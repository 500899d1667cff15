import { useMemo } from 'react'
import { useProject } from '../projects/index.ts'
import type { Place } from './place.ts'

/** The project that the page is of, as a place of connections. */
export function useProjectPlace(): Extract<Place, { kind: 'project' }> {
  const { id, namespace, slug } = useProject()
  return useMemo(() => ({ kind: 'project', id, namespace, slug }), [id, namespace, slug])
}
