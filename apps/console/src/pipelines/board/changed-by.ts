import type { Pipeline } from './edited.ts'

/** Ids of those whose changes are in a pipeline since it was read. Nobody tells who removed a transformation. */
export function changedBy(before: Pipeline, after: Pipeline): readonly string[] {
  const known = new Set(before.transformations.map((one) => JSON.stringify(one)))
  const parts = after.transformations.filter((one) => !known.has(JSON.stringify(one)))
  const actors = parts.map(({ last_actor }) => last_actor)
  return [...new Set(settingsOf(before) === settingsOf(after) ? actors : [after.last_actor, ...actors])]
}

function settingsOf({ etag: _etag, updated_at: _at, transformations: _parts, ...settings }: Pipeline): string {
  return JSON.stringify(settings)
}
