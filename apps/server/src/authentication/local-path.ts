import { invalid } from '@millrace/http'

const base = 'http://local.invalid'

/**
 * Where a browser is sent after sign-in: a path of this server, never the address of another.
 *
 * @throws HttpError 422.
 */
export function localPath(next: string): string {
  // Browsers read `//host` and `/\host` as addresses, and leave out tabs and line ends before they look.
  const isPath = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(next)
  const url = isPath ? URL.parse(next, base) : null
  if (url === null || url.origin !== base || url.pathname.startsWith('//')) {
    throw invalid('NEXT_INVALID', 'The query "next" has to be a path of this server, such as /runs.')
  }
  return `${url.pathname}${url.search}${url.hash}`
}
