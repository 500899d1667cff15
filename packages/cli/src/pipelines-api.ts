import type { Client } from '@millrace/client'
import { ConfigError, closestName } from '@millrace/core'
import { allPages } from './server-lists.ts'

/** What commands show of a pipeline; the server says more. */
export interface Pipeline {
  readonly id: string
  readonly project_id: string
  readonly name: string
  readonly description: string | null
  readonly client: string
  readonly brand: string
  readonly type: string
  readonly segment: string | null
  readonly is_active: boolean
  readonly run_frequency: string | null
  readonly workflow: string
  readonly transformations: readonly { readonly id: string; readonly state: string; readonly template: string }[]
}

export interface PipelineProblem {
  readonly place: string
  readonly code: string
  readonly message: string
}

/** An answer of the server as JSON. */
export async function askJson<Answer>(
  client: Client,
  path: string,
  { method = 'GET', body }: { readonly method?: 'GET' | 'POST' | 'PUT'; readonly body?: object } = {},
): Promise<Answer> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await client.stream(path, { method, ...sent })
  return (await response.json()) as Answer
}

/** By NAMESPACE/SLUG or by id. */
export async function projectId(client: Client, project: string): Promise<string> {
  const [namespace = '', slug, ...rest] = project.split('/')
  if (slug === undefined) return project
  if (rest.length > 0) {
    throw new ConfigError('PROJECT_INVALID', {
      message: `"${project}" is no project. Write NAMESPACE/SLUG, or its id.`,
    })
  }
  const path = `/api/data/namespaces/${encodeURIComponent(namespace)}/projects/${encodeURIComponent(slug)}`
  return (await askJson<{ readonly id: string }>(client, path)).id
}

export async function readPipelines(client: Client, project?: string): Promise<readonly Pipeline[]> {
  const only = project === undefined ? '' : `&project_id=${encodeURIComponent(await projectId(client, project))}`
  return await allPages(async ({ page, per_page }) => {
    const response = await client.stream(`/api/pipelines?page=${page}&per_page=${per_page}${only}`)
    const items = (await response.json()) as readonly Pipeline[]
    return { items, totalPages: Number(response.headers.get('total-pages')) }
  })
}

/** @throws ConfigError `PIPELINE_MISSING`, `PIPELINE_AMBIGUOUS` */
export async function findPipeline(
  client: Client,
  { pipeline, project }: { readonly pipeline: string; readonly project?: string },
): Promise<Pipeline> {
  const all = await readPipelines(client, project)
  const found = all.filter(({ id, name }) => name === pipeline || id === pipeline)
  const [one] = found
  if (one !== undefined && found.length === 1) return one
  if (one !== undefined) {
    throw new ConfigError('PIPELINE_AMBIGUOUS', {
      message: `${found.length} projects have a pipeline "${pipeline}". Say which by --project, or by its id: ${found.map(({ id }) => id).join(', ')}.`,
    })
  }
  const closest = closestName(
    pipeline,
    all.map(({ name }) => name),
  )
  const hint =
    closest === undefined ? '"millrace pipelines list" shows those you may see.' : `Did you mean "${closest}"?`
  throw new ConfigError('PIPELINE_MISSING', { message: `There is no pipeline "${pipeline}". ${hint}` })
}
