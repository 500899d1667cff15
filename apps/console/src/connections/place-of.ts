import type { Schema } from '../api/index.ts'
import type { Place } from './place.ts'

/** Where a connection of the list over all places is. */
export function placeOf({ project, namespace }: Schema<'ReadableConnection'>): Place {
  if (namespace === undefined) return { kind: 'platform' }
  if (project === undefined) {
    return { kind: 'namespace', slug: namespace.slug, isGroup: namespace.kind === 'group' }
  }
  return { kind: 'project', id: project.id, slug: project.slug, namespace: namespace.slug }
}
