import type { Client, components } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import { allPages, withClosest } from './server-lists.ts'

export type Project = components['schemas']['Project']

/** Where a project is, or is to be. */
export interface ProjectPath {
  readonly namespace: string
  readonly slug: string
}

const id = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/**
 * A project as a person names it: `NAMESPACE/SLUG`, `SLUG` alone for one in their own namespace, or its id.
 *
 * @throws ConfigError `PROJECT_INVALID`, `PROJECT_MISSING` with the nearest one.
 */
export async function findProject(client: Client, text: string): Promise<Project> {
  if (id.test(text))
    return await client.get('/api/data/projects/{project_id}', { params: { path: { project_id: text } } })
  const { namespace, slug } = await projectPath(client, text)
  const names = async () => (await projectsOf(client, namespace)).map((one) => `${one.namespace}/${one.slug}`)
  return await withClosest(
    client.get('/api/data/namespaces/{namespace}/projects/{slug}', { params: { path: { namespace, slug } } }),
    { name: `${namespace}/${slug}`, names },
  )
}

/** @throws ConfigError `PROJECT_INVALID` */
export async function projectPath(client: Client, text: string): Promise<ProjectPath> {
  const parts = text.split('/')
  const [first = '', second] = parts
  if (parts.length > 2 || parts.includes('')) {
    throw new ConfigError('PROJECT_INVALID', {
      message: `"${text}" names no project. Write NAMESPACE/SLUG, SLUG for one in your own namespace, or its id.`,
    })
  }
  if (second !== undefined) return { namespace: first, slug: second }
  return { namespace: (await client.get('/api/data/user')).username, slug: first }
}

export async function projectsOf(client: Client, namespace: string): Promise<readonly Project[]> {
  return await allPages((query) => client.page('/api/data/projects', { params: { query: { ...query, namespace } } }))
}

/** How people read it: `NAMESPACE/SLUG`. */
export function nameOf({ namespace, slug }: ProjectPath): string {
  return `${namespace}/${slug}`
}
