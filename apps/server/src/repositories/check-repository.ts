import { isMillraceError } from '@millrace/core'
import type { Caller } from '../authz/index.ts'
import { tokenFor } from '../connected-services/index.ts'
import { type OutboundFetch, outboundFetch } from '../outbound.ts'
import type { ServerContext } from '../server-context.ts'
import { findProvider, type RepositoryProvider } from './find-provider.ts'
import { probeRepository } from './probe-repository.ts'
import { type RepositoryMetadata, readMetadata } from './provider-metadata.ts'
import { parseRepositoryUrl, type RepositoryErrorCode } from './repository-url.ts'

export interface RepositoryCheck {
  readonly status: 'valid' | 'invalid' | 'unknown'
  readonly provider: RepositoryProvider | null
  readonly metadata: RepositoryMetadata | null
  readonly errorCode: RepositoryErrorCode | null
  /** Of the provider's answer. */
  readonly etag: string | null
  /** The caller has this answer of the provider already. */
  readonly isNotModified: boolean
}

const nothingKnown = { provider: null, metadata: null, errorCode: null, etag: null, isNotModified: false }
const timeoutMs = 5000

/**
 * What can be known of a repository: from its provider with the caller's token, from its provider without one, and from the
 * git server itself.
 */
export async function checkRepository(
  context: ServerContext,
  caller: Caller,
  { url, ifNoneMatch }: { readonly url: string; readonly ifNoneMatch: string | null },
): Promise<RepositoryCheck> {
  const repository = parseRepositoryUrl(url)
  if (typeof repository === 'string') return { ...nothingKnown, status: 'invalid', errorCode: repository }
  const fetch = outboundFetch(context.settings, { timeoutMs, maxBytes: 5 * 1024 * 1024 })
  const provider = await findProvider(context.db, caller, repository)
  const told = provider && (await askProvider(context, caller, fetch, provider, repository, ifNoneMatch))
  if (told !== null && !('failed' in told)) return told

  const problem = await probeRepository(fetch, repository)
  if (problem === null) {
    const { href } = repository
    const metadata = {
      git_url: href,
      web_url: href.replace(/\.git$/, ''),
      pull_permission: true,
      push_permission: false,
      visibility: 'public' as const,
    }
    return { ...nothingKnown, status: 'valid', provider, metadata }
  }
  const { status, code } = problem
  return { ...nothingKnown, status, provider, errorCode: status === 'unknown' ? (told?.failed ?? code) : code }
}

/** Whether everybody may clone it. */
export async function isPublicRepository({ settings }: ServerContext, url: string): Promise<boolean> {
  const repository = parseRepositoryUrl(url)
  if (typeof repository === 'string') return false
  return (await probeRepository(outboundFetch(settings, { timeoutMs }), repository)) === null
}

async function askProvider(
  context: ServerContext,
  caller: Caller,
  fetch: OutboundFetch,
  provider: RepositoryProvider,
  repository: URL,
  ifNoneMatch: string | null,
): Promise<RepositoryCheck | { readonly failed: RepositoryErrorCode } | null> {
  let failed: RepositoryErrorCode | null = null
  for (const isSignedIn of provider.connectionStatus === 'connected' ? [true, false] : [false]) {
    const token = isSignedIn ? await tokenOf(context, caller.id, provider.id) : null
    if (isSignedIn && token === null) {
      failed = 'metadata_oauth'
      continue
    }
    const answer = await readMetadata(fetch, provider, repository, { token, ifNoneMatch })
    if (answer === null) return null
    if (answer.kind === 'unknown') {
      failed ??= answer.code
      continue
    }
    const { etag } = answer
    const metadata = answer.kind === 'known' ? answer.metadata : null
    const isNotModified = answer.kind === 'not modified'
    return { ...nothingKnown, status: 'valid', provider, metadata, etag, isNotModified }
  }
  return failed === null ? null : { failed }
}

/** Null when the user has to connect to the provider anew. */
async function tokenOf(context: ServerContext, userId: string, providerId: string): Promise<string | null> {
  try {
    return (await tokenFor(context, userId, providerId))?.accessToken ?? null
  } catch (error) {
    if (isMillraceError(error)) return null
    throw error
  }
}
