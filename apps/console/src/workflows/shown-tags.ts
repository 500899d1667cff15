import type { Schema } from '../api/index.ts'

/** Tags that tell people something. Every workflow has its version as a tag too, which stands elsewhere. */
export function shownTags({ tags, version }: Pick<Schema<'Workflow'>, 'tags' | 'version'>): readonly string[] {
  return tags.filter((tag) => tag !== version)
}
