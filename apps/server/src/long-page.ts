import { pageQuery, queryInteger } from '@millrace/http'

/** For lists that people want whole, such as the resource pools: a page is long unless asked otherwise. */
export const longPageQuery = {
  page: pageQuery.page,
  per_page: queryInteger({ minimum: 1, maximum: 1000, default: 1000 }),
}
