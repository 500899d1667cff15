import type { Schema } from './schema.ts'

interface EntityQuery {
  readonly type: Schema<'SearchItem'>['type']
  /** As a person types them; signs of the search language in them are no more than gaps. */
  readonly words?: string | undefined
  readonly visibility?: 'public' | 'private' | undefined
  readonly namespace?: string | undefined
  /** What the caller is, by a role on the thing itself. */
  readonly roles?: readonly ('owner' | 'editor' | 'viewer')[] | undefined
  readonly sort?: 'name' | 'created-desc' | undefined
}

/** What `/api/data/search/query` takes as `q` to find entities of one type. */
export function entityQuery({ type, words = '', visibility, namespace, roles = [], sort }: EntityQuery): string {
  return [
    words.replace(/[:<>"\\,]+/g, ' ').trim(),
    `type:${type}`,
    visibility && `visibility:${visibility}`,
    namespace && `namespace:${namespace}`,
    roles.length > 0 && `role:${roles.join(',')}`,
    sort && `sort:${sort}`,
  ]
    .filter(Boolean)
    .join(' ')
}
