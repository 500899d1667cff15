/** Why an address or a repository is not good, or why nothing is known of it. */
export const errorCodes = [
  'no_url_scheme',
  'no_url_host',
  'no_git_repo',
  'no_url_path',
  'invalid_url_scheme',
  'invalid_git_url',
  'host_unreachable',
  'metadata_unauthorized',
  'metadata_oauth',
  'metadata_unknown',
  'metadata_validation',
] as const

export type RepositoryErrorCode = (typeof errorCodes)[number]

/** The address of a repository without what does not belong to it, or what is wrong with it. */
export function parseRepositoryUrl(text: string): URL | RepositoryErrorCode {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  // `git@host:path` and `host:443/path` have no scheme either.
  if (scheme === undefined || !text.slice(scheme.length + 1).startsWith('//')) return 'no_url_scheme'
  if (scheme !== 'http' && scheme !== 'https') return 'invalid_url_scheme'
  if (/^[a-z]+:\/\/(?:[/?#]|$)/i.test(text)) return 'no_url_host'
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return 'invalid_git_url'
  url.search = ''
  url.hash = ''
  url.pathname = url.pathname.replace(/\/+$/, '')
  if (url.pathname === '/' || url.pathname === '') return 'no_url_path'
  return url
}

/** `group/project`, without a slash before it and `.git` after it. */
export function repositoryPath(url: URL): string {
  return url.pathname.replace(/^\/+/, '').replace(/\.git$/, '')
}
