import type { Client } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import { findProject, nameOf } from './find-project.ts'
import { withClosest } from './server-lists.ts'

/** Whose something is: the options `--project`, `--namespace` and `--platform`. */
export interface PlaceOptions {
  readonly project?: string
  readonly namespace?: string
  readonly platform?: true
}

export interface Place {
  readonly kind: 'project' | 'namespace' | 'platform'
  /** Of paths of the server, such as `/api/projects/ID`. */
  readonly path: string
  /** For a sentence: "of the project data/sales". */
  readonly whose: string
  /** As a person would write it again. */
  readonly options: string
}

/**
 * Null where no option says a place.
 *
 * @throws ConfigError `PLACE_AMBIGUOUS`, `PROJECT_MISSING`, `NAMESPACE_MISSING`
 */
export async function findPlace(client: Client, { project, namespace, platform }: PlaceOptions): Promise<Place | null> {
  if ([project, namespace, platform].filter((one) => one !== undefined).length > 1) {
    throw new ConfigError('PLACE_AMBIGUOUS', { message: 'Give one of --project, --namespace and --platform.' })
  }
  if (project !== undefined) {
    const found = await findProject(client, project)
    const name = nameOf(found)
    return {
      kind: 'project',
      path: `/api/projects/${found.id}`,
      whose: `of the project ${name}`,
      options: `--project ${name}`,
    }
  }
  if (namespace !== undefined) {
    const { slug } = await findNamespace(client, namespace)
    return {
      kind: 'namespace',
      path: `/api/namespaces/${encodeURIComponent(slug)}`,
      whose: `of the namespace ${slug}`,
      options: `--namespace ${slug}`,
    }
  }
  return platform ? { kind: 'platform', path: '/api', whose: 'of the platform', options: '--platform' } : null
}

/** A user's or a group's, with or without an @. */
async function findNamespace(client: Client, text: string): Promise<{ readonly slug: string }> {
  const slug = text.replace(/^@/, '')
  const names = async () => {
    const query = { per_page: 100, kinds: ['user' as const, 'group' as const] }
    return (await client.page('/api/data/namespaces', { params: { query } })).items.map((one) => one.slug)
  }
  return await withClosest(client.get('/api/data/namespaces/{slug}', { params: { path: { slug } } }), {
    name: slug,
    names,
  })
}
