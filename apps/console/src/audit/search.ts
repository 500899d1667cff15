import { pageSearch } from '../ui/index.ts'

/** Filters of an audit trail as they stand in the address. */
export interface AuditSearch {
  readonly page?: number
  readonly entity?: string
  readonly entity_id?: string
  readonly actor?: string
  /** ISO moments. */
  readonly from?: string
  readonly to?: string
}

const names = ['entity', 'entity_id', 'actor'] as const
const moments = ['from', 'to'] as const

/** For `validateSearch` of a route with an audit trail. */
export function auditSearch(search: Record<string, unknown>): AuditSearch {
  const texts = names.filter((name) => typeof search[name] === 'string' || typeof search[name] === 'number')
  const times = moments.filter((name) => typeof search[name] === 'string' && !Number.isNaN(Date.parse(search[name])))
  return {
    ...pageSearch(search),
    ...Object.fromEntries([...texts, ...times].map((name) => [name, `${search[name]}`])),
  }
}
