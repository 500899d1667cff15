import { pageSearch } from '../ui/index.ts'

/** What the list of groups is narrowed to. */
export interface GroupsSearch {
  readonly page?: number
  readonly q?: string
  /** Only those that the person is a member of. */
  readonly mine?: boolean
}

export function groupsSearch(given: Record<string, unknown>): GroupsSearch {
  return { ...groupSearch(given), ...(given.mine === true ? { mine: true } : {}) }
}

/** What the projects of a group or person are narrowed to. */
export function groupSearch(given: Record<string, unknown>): { readonly page?: number; readonly q?: string } {
  const { q } = given
  const isText = (typeof q === 'string' && q !== '') || typeof q === 'number'
  return { ...pageSearch(given), ...(isText ? { q: `${q}` } : {}) }
}
