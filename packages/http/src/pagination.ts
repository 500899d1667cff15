import { queryInteger } from './query-values.ts'

/** Fields of the query of every list. */
export const pageQuery = {
  page: queryInteger({ minimum: 1, default: 1 }),
  per_page: queryInteger({ minimum: 1, maximum: 100, default: 20 }),
}

export interface PageRequest {
  readonly page: number
  readonly per_page: number
}

/** `limit` and `offset` of the statement that reads the page. */
export function pageRange({ page, per_page }: PageRequest): { readonly limit: number; readonly offset: number } {
  return { limit: per_page, offset: (page - 1) * per_page }
}

/** A page past the end is empty and still tells the totals. */
export function pageHeaders({ page, per_page }: PageRequest, total: number): Record<string, string> {
  return {
    page: `${page}`,
    'per-page': `${per_page}`,
    total: `${total}`,
    'total-pages': `${Math.ceil(total / per_page)}`,
  }
}
