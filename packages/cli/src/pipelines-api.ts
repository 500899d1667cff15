import type { Client } from '@millrace/client'
import { ConfigError, closestName } from '@millrace/core'
import { askAll } from './ask-json.ts'
import { findProject } from './find-project.ts'

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

export async function readPipelines(client: Client, project?: string): Promise<readonly Pipeline[]> {
  const only = project === undefined ? '' : `?project_id=${(await findProject(client, project)).id}`
  return await askAll(client, `/api/pipelines${only}`)
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
