import { z } from '@hono/zod-openapi'
import { isMillraceError } from '@millrace/core'
import { baseOf, githubApi } from '../connected-services/index.ts'
import type { OutboundFetch } from '../outbound.ts'
import { type RepositoryErrorCode, repositoryPath } from './repository-url.ts'

export const metadataSchema = z
  .object({
    git_url: z.string(),
    web_url: z.string().optional(),
    pull_permission: z.boolean(),
    push_permission: z.boolean(),
    visibility: z.enum(['public', 'private']),
  })
  .openapi('RepositoryMetadata')

export type RepositoryMetadata = z.output<typeof metadataSchema>

export type MetadataAnswer =
  | { readonly kind: 'known'; readonly metadata: RepositoryMetadata; readonly etag: string | null }
  | { readonly kind: 'not modified'; readonly etag: string | null }
  | { readonly kind: 'unknown'; readonly code: RepositoryErrorCode }

/** What a kind of provider says of a repository: where it is asked, and how its answer reads. */
interface MetadataApi {
  address(base: string, path: string): string
  readonly accept: string
  read(body: unknown): RepositoryMetadata
}

const accessLevel = z.object({ access_level: z.number() }).nullish()
const gitlabProject = z.object({
  http_url_to_repo: z.string(),
  web_url: z.string(),
  visibility: z.enum(['public', 'internal', 'private']).default('private'),
  permissions: z.object({ project_access: accessLevel, group_access: accessLevel }).nullish(),
})
const githubRepository = z.object({
  clone_url: z.string(),
  html_url: z.string(),
  private: z.boolean(),
  permissions: z.object({ pull: z.boolean(), push: z.boolean() }).nullish(),
})

/** Levels of members in GitLab. */
const reporter = 20
const developer = 30

const apis: Readonly<Record<string, MetadataApi>> = {
  gitlab: {
    address: (base, path) => `${base}/api/v4/projects/${encodeURIComponent(path)}`,
    accept: 'application/json',
    read(body) {
      const project = gitlabProject.parse(body)
      const level = Math.max(
        project.permissions?.project_access?.access_level ?? 0,
        project.permissions?.group_access?.access_level ?? 0,
      )
      const isPublic = project.visibility === 'public'
      return {
        git_url: project.http_url_to_repo,
        web_url: project.web_url,
        pull_permission: isPublic || project.visibility === 'internal' || level >= reporter,
        push_permission: level >= developer,
        visibility: isPublic ? 'public' : 'private',
      }
    },
  },
  github: {
    address: (base, path) => `${githubApi(base)}/repos/${path.split('/').map(encodeURIComponent).join('/')}`,
    accept: 'application/vnd.github+json',
    read(body) {
      const repository = githubRepository.parse(body)
      return {
        git_url: repository.clone_url,
        web_url: repository.html_url,
        pull_permission: repository.permissions?.pull ?? !repository.private,
        push_permission: repository.permissions?.push ?? false,
        visibility: repository.private ? 'private' : 'public',
      }
    },
  },
}

/** Null for a kind of provider that keeps no repositories. */
export async function readMetadata(
  fetch: OutboundFetch,
  provider: { readonly kind: string; readonly url: string },
  repository: URL,
  { token, ifNoneMatch }: { readonly token: string | null; readonly ifNoneMatch: string | null },
): Promise<MetadataAnswer | null> {
  const api = apis[provider.kind]
  const root = URL.parse(provider.url)
  if (api === undefined || root === null) return null
  const path = repositoryPath(repository)
    .slice(root.pathname.replace(/^\/+|\/+$/g, '').length)
    .replace(/^\/+/, '')
  try {
    const answer = await fetch(api.address(baseOf(provider), path), {
      headers: {
        accept: api.accept,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(ifNoneMatch === null ? {} : { 'if-none-match': ifNoneMatch }),
      },
    })
    const etag = answer.headers.get('etag')
    if (answer.status === 304) return { kind: 'not modified', etag: etag ?? ifNoneMatch }
    if ([401, 403, 404].includes(answer.status)) return { kind: 'unknown', code: 'metadata_unauthorized' }
    if (!answer.ok) return { kind: 'unknown', code: 'metadata_unknown' }
    return { kind: 'known', metadata: api.read(await answer.json()), etag }
  } catch (error) {
    return { kind: 'unknown', code: isMillraceError(error) ? 'metadata_unknown' : 'metadata_validation' }
  }
}
