/** What a search asks for, as the parser read it. */
export interface SearchQuery {
  /** All of them are in what is found. */
  readonly words: readonly Words[]
  /** All of them hold. */
  readonly filters: readonly Filter[]
  readonly sort: readonly Sort[]
}

/** Text to look for; in quotes its words stand one after the other. */
export interface Words {
  readonly text: string
  readonly isPhrase: boolean
}

export type EntityType = 'User' | 'Group' | 'Project' | 'DataConnector'
export type SearchRole = 'owner' | 'editor' | 'viewer'

export type Filter =
  | { readonly field: TextField; readonly values: readonly string[] }
  | { readonly field: 'type'; readonly values: readonly EntityType[] }
  | { readonly field: 'visibility'; readonly values: readonly ('public' | 'private')[] }
  | { readonly field: 'role'; readonly values: readonly SearchRole[] }
  | { readonly field: 'created'; readonly ranges: readonly DateRange[] }
  | { readonly field: MemberField; readonly members: readonly Member[] }

export type TextField = 'id' | 'name' | 'slug' | 'createdby' | 'keyword' | 'namespace' | 'doi' | 'publisher_name'
export type MemberField = 'direct_member' | 'inherited_member'

/** From `from` on and before `before`; null is open. */
export interface DateRange {
  readonly from: Date | null
  readonly before: Date | null
}

export type Member = { readonly username: string } | { readonly id: string }

export interface Sort {
  readonly by: 'name' | 'created' | 'score'
  readonly descending: boolean
}

export const entityTypes: readonly EntityType[] = ['User', 'Group', 'Project', 'DataConnector']
export const searchRoles: readonly SearchRole[] = ['owner', 'editor', 'viewer']
export const textFields: readonly TextField[] = [
  ...(['id', 'name', 'slug', 'createdby', 'keyword', 'namespace', 'doi', 'publisher_name'] as const),
]
export const memberFields: readonly MemberField[] = ['direct_member', 'inherited_member']
export const fieldNames: readonly string[] = [
  ...[...textFields, ...memberFields, 'visibility', 'created', 'type', 'role', 'sort'],
]
