import { isMillraceError } from '@millrace/core'
import { HttpError } from '@millrace/http'
import type { OutboundFetch } from '../outbound.ts'
import type { RepositoryErrorCode } from './repository-url.ts'

/** Asks a git server as `git clone` does, without signing in. Null: there is a repository, and everybody may read it. */
export async function probeRepository(
  fetch: OutboundFetch,
  repository: URL,
): Promise<{ readonly status: 'invalid' | 'unknown'; readonly code: RepositoryErrorCode } | null> {
  const url = new URL(`${repository.origin}${repository.pathname}/info/refs?service=git-upload-pack`)
  try {
    const answer = await fetch(url)
    const type = answer.headers.get('content-type')?.split(';')[0]?.trim()
    if (answer.status === 200 && type === 'application/x-git-upload-pack-advertisement') return null
    if (answer.status === 401 || answer.status === 403) return { status: 'unknown', code: 'metadata_unauthorized' }
    if (answer.status >= 500 || answer.status === 429) return { status: 'unknown', code: 'metadata_unknown' }
    return { status: 'invalid', code: 'no_git_repo' }
  } catch (error) {
    if (!isMillraceError(error)) throw error
    if (error.code === 'OUTBOUND_TOO_LARGE') return { status: 'unknown', code: 'metadata_unknown' }
    if (error.code === 'OUTBOUND_URL_INVALID') return { status: 'invalid', code: 'invalid_git_url' }
    // Of a name that is not known and of a machine that is not public nobody learns which it is.
    return { status: error instanceof HttpError ? 'invalid' : 'unknown', code: 'host_unreachable' }
  }
}
